package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestLanguageOfTheCommandLine(t *testing.T) {
	for env, want := range map[string]string{
		"": "en", "LANG=C.UTF-8": "en", "LANG=ru_RU.UTF-8": "ru-RU", "LANG=ru_RU.UTF-8 LC_ALL=POSIX": "en", "LANG=C BACKCHANNEL_LANG=ar": "ar", "LC_MESSAGES=he_IL LANG=fr_FR": "he-IL",
	} {
		vars := map[string]string{}
		for _, s := range strings.Fields(env) {
			name, value, _ := strings.Cut(s, "=")
			vars[name] = value
		}
		if got := language(func(n string) string { return vars[n] }); got != want {
			t.Errorf("%s: %s, want %s", env, got, want)
		}
	}
	for lang, want := range map[string]string{"ru-RU": "Запереть", "xx": "Lock"} {
		var out bytes.Buffer
		if code := Run(t.Context(), []string{"lock", "--help"}, Deps{Out: &out, Err: &out, Now: time.Now, Zone: time.UTC, Lang: lang}); code != 0 || !strings.Contains(out.String(), want) {
			t.Errorf("%s: %d %s", lang, code, out.String())
		}
	}
}
