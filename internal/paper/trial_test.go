package paper

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

var wordish = regexp.MustCompile(`[\pL\pM\pN]+`)

// TestTrialWordInLibreOffice opens files for word processors in LibreOffice, in
// languages of both ways, and holds the words that it finds there to those of
// the document: all of them, in the order in which they are read. It also lets
// it lay them out, as a PDF.
func TestTrialWordInLibreOffice(t *testing.T) {
	into := os.Getenv("BACKCHANNEL_TRIALS")
	if into == "" {
		t.Skip("a trial: run it with make trials")
	}
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Fatalf("this trial needs LibreOffice (Debian's package libreoffice-writer-nogui): %v", err)
	}
	type opened struct {
		Lang  string `json:"lang"`
		Words int    `json:"words"`
		Found int    `json:"found"`
		Pages int    `json:"pages"`
	}
	out := struct {
		Name    string   `json:"name"`
		Commit  string   `json:"commit"`
		Date    string   `json:"date"`
		Machine string   `json:"machine"`
		Office  string   `json:"office"`
		Opened  []opened `json:"opened"`
		Passed  bool     `json:"passed"`
	}{Name: "docx in LibreOffice", Date: time.Now().UTC().Format(time.RFC3339), Machine: runtime.GOOS + "/" + runtime.GOARCH + ", " + runtime.Version()}
	if b, err := exec.Command("git", "rev-parse", "HEAD").Output(); err == nil {
		out.Commit = strings.TrimSpace(string(b))
	}
	if b, err := exec.Command(office, "--version").Output(); err == nil {
		out.Office = strings.TrimSpace(string(b))
	}
	dir := t.TempDir()
	convert := func(file, to string) {
		t.Helper()
		c := exec.Command(office, "--headless", "--norestore", "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--convert-to", to, "--outdir", dir, file)
		if b, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
	}
	for _, lang := range []string{"en", "ar", "he", "ru"} {
		d := sample(lang == "ar" || lang == "he")
		d.Lang = lang
		d.Blocks = append(d.Blocks,
			Block{Text: "قالوا إن \u2068The envoy (North).\u2069 وافق على 70 يوما اليوم."}, Block{Text: "אנחנו מסכימים ל־70 ימים עם \u2068The envoy\u2069 מחר."},
			Block{Text: "They said: שלום לכם to all, and مرحبا بكم at 14:05 UTC."}, Block{Text: "Они сказали: мир."}, Block{List: []string{"נקודה ראשונה", "نقطة ثانية", "third"}, Numbers: true})
		raw, err := d.Word()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, lang+".docx")
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		convert(file, "txt:Text (encoded):UTF8")
		convert(file, "pdf")
		text, err := os.ReadFile(filepath.Join(dir, lang+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		want := wordish.FindAllString(strings.Join(slices.Concat([]string{d.Title}, d.Header, flat(d)), " "), -1)
		got := wordish.FindAllString(regexp.MustCompile(`(?m)^[ \t]*\d+\. `).ReplaceAllString(string(text), ""), -1) // numbers of lists are written out
		o := opened{Lang: lang, Words: len(want)}
		for o.Found < min(len(want), len(got)) && want[o.Found] == got[o.Found] {
			o.Found++
		}
		if o.Found != len(want) || len(got) != len(want) {
			t.Errorf("%s: the words differ after %d of %d:\n%q\n%q", lang, o.Found, len(want), want, got)
		}
		if b, err := exec.Command("pdfinfo", filepath.Join(dir, lang+".pdf")).Output(); err == nil && strings.Contains(string(b), "Pages:           1\n") {
			o.Pages = 1
		} else {
			t.Errorf("%s: not laid out on one page: %v\n%s", lang, err, b)
		}
		out.Opened = append(out.Opened, o)
	}
	out.Passed = !t.Failed()
	b, err := json.MarshalIndent(out, "", " ")
	if err == nil {
		err = os.WriteFile(filepath.Join(into, "docx-libreoffice.json"), append(b, '\n'), 0o644)
	}
	if err != nil {
		t.Error(err)
	}
}
