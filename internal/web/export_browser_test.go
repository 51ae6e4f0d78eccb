package web

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	devtools "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// pdf prints what the browser shows, as a person does by its menu. With
// headers, it asks for those that a browser adds by itself.
func (s *screen) pdf(headers bool) []byte {
	s.t.Helper()
	var out []byte
	s.must(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		yes := true
		got, err := cdp.Call(ctx, tab, devtools.PrintToPDF, devtools.PrintToPDFParams{DisplayHeaderFooter: &headers, PreferCSSPageSize: &yes, PaperWidth: 8.27, PaperHeight: 11.69})
		out = got.Data
		return err
	}))
	if dir := os.Getenv("SCREENS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "printed.pdf"), out, 0o644); err != nil {
			s.t.Error(err)
		}
	}
	return out
}

// readPDF gives the words of a PDF, line by line as they stand there from left
// to right, each with its letters in the order in which they are read, and how
// many pages it has.
func readPDF(t *testing.T, raw []byte) (lines [][]string, pages int) {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Fatalf("this test needs pdftotext (Debian's package poppler-utils): %v", err)
	}
	name := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-raw", "-enc", "UTF-8", name, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if list := wordsOf(line); len(list) > 0 {
			lines = append(lines, list)
		}
	}
	return lines, strings.Count(string(out), "\f")
}

var wordish = regexp.MustCompile(`[\pL\pM\pN]+`)

func wordsOf(s string) []string { return wordish.FindAllString(s, -1) }

// seen gives the words of a line as they stand on paper from left to right:
// what runs the other way than the line is turned round in itself.
func seen(s string) []string {
	list := wordsOf(s)
	rtl := func(w string) bool { return regexp.MustCompile(`^[\p{Arabic}\p{Hebrew}]`).MatchString(w) }
	base := rtl(list[0])
	for i := 0; i < len(list); {
		k := i + 1
		for k < len(list) && rtl(list[k]) == rtl(list[i]) {
			k++
		}
		if rtl(list[i]) != base {
			slices.Reverse(list[i:k])
		}
		i = k
	}
	if base {
		slices.Reverse(list)
	}
	return list
}

// TestPaperInABrowser makes a paper by clicking, prints it as a PDF, and finds
// its words there in the order in which they are read: Arabic, Hebrew and
// English beside one another. The browser adds nothing of its own.
func TestPaperInABrowser(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	lines := []string{"قالوا إن The envoy وافق على 70 يوما اليوم.", "אנחנו מסכימים ל־70 ימים עם The envoy מחר.", "They said: שלום לכם to all of us, and مرحبا بكم جميعا at noon."}
	term := ceasefire("quiet", 30, 45)
	pk := accord.Package{Name: "quiet", Version: 1, Needs: []record.Name{"power"}, Terms: []accord.TermRef{term.Ref()}, Text: strings.Join(lines, "\n"), Salt: keys.ID{9}}
	to := []record.Name{"envoy"}
	gb.must(t, record.Entry{Audience: to, Body: term}, record.Entry{Audience: to, Body: pk})
	on := gb.find(t, func(it record.Item) bool { p, ok := it.Body.(accord.Package); return ok && p.Name == "quiet" })
	s := look(t, gb)
	s.login()
	for _, lang := range []string{"en", "ar"} {
		s.speak(lang)
		for _, w := range []int64{360, 1280} {
			s.width(w)
			s.open("/export")
			s.clean(fmt.Sprintf("export at %d in %s", w, lang))
			s.run(fmt.Sprintf(`document.querySelector('input[name="for"][value="envoy"]').checked = true; document.querySelector('input[name="what"][value="text"]').checked = true; document.getElementById("on").value = %q`, s.face.alias.of(on.ID)))
			s.press(`main form button`)
			s.wants("The envoy (envoy)", lines[0], lines[1])
			s.clean(fmt.Sprintf("export looked at, at %d in %s", w, lang))
			s.picture(fmt.Sprintf("export-look-%s-%d", lang, w))
		}
		s.press(`button[value="take"]`)
		s.wants(lines[0], lines[1])
		found, pages := readPDF(t, s.pdf(true))
		if pages != 1 {
			t.Errorf("%d pages", pages)
		}
		want := lines
		if lang == "en" {
			want = append(slices.Clone(lines), "quiet, version 1", "For: envoy", "Who stands where")
		} else {
			want = append(slices.Clone(lines), "مواقف") // its second word has a ligature, which pdftotext turns round
		}
		for _, x := range want {
			if !slices.ContainsFunc(found, func(line []string) bool {
				return strings.Contains(" "+strings.Join(line, " ")+" ", " "+strings.Join(seen(x), " ")+" ")
			}) {
				t.Errorf("%q is not to be read in the PDF in %s:\n%q", x, lang, found)
			}
		}
		for _, line := range found {
			if slices.Contains(line, "127") || slices.Contains(line, "http") {
				t.Errorf("the browser's own header tells where it was printed: %q", line)
			}
		}
	}
	s.home()
}
