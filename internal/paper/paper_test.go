package paper

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"backchannel/internal/accord/accordtest"
	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/view/viewtest"
	"backchannel/internal/words"
)

func TestRuns(t *testing.T) {
	const fsi, pdi = "\u2068", "\u2069"
	show := func(list []run) string {
		var out strings.Builder
		for _, r := range list {
			way := "L"
			if r.rtl {
				way = "R"
			}
			fmt.Fprintf(&out, "%s[%s]", way, r.text)
		}
		return out.String()
	}
	for _, c := range []struct {
		text string
		base bool
		want string
	}{
		{"They cease fire.", false, "L[They cease fire.]"},
		{"وقف النار.", true, "R[وقف النار.]"},
		{"said שלום to them", false, "L[said ]R[שלום]L[ to them]"},
		{"said שלום, חבר. Then", false, "L[said ]R[שלום, חבר]L[. Then]"},
		{"by " + fsi + "الوسيط (١)." + pdi + " today", false, "L[by ]R[الوسيط (١).]L[ today]"},
		{"قال " + fsi + "The envoy." + pdi + " اليوم", true, "R[قال ]L[The envoy.]R[ اليوم]"},
		{"قبل 70 يوما", true, "R[قبل 70 يوما]"},
		{"70 days", true, "R[70 ]L[days]"},
		{"a lone " + pdi + "end", false, "L[a lone end]"},
		{"never " + fsi + "ended", false, "L[never ended]"},
		{"", false, ""},
	} {
		if got := show(runs(c.text, c.base)); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
		var all string
		for _, r := range runs(c.text, c.base) {
			all += r.text
		}
		if want := strings.NewReplacer(fsi, "", pdi, "").Replace(c.text); all != want {
			t.Errorf("%q: runs hold %q", c.text, all)
		}
	}
}

// FuzzRuns: nothing of a text is lost or doubled, whatever stands in it.
func FuzzRuns(f *testing.F) {
	f.Add("said \u2068שלום\u2069 \u2069\u2066x", true)
	f.Fuzz(func(t *testing.T, s string, base bool) {
		s = strings.ToValidUTF8(s, "?")
		var all string
		for _, r := range runs(s, base) {
			all += r.text
		}
		want := strings.Map(func(r rune) rune {
			if isIsolate(r) {
				return -1
			}
			return r
		}, s)
		if all != want {
			t.Fatalf("%q, want %q", all, want)
		}
		paragraphWay(s, base)
	})
}

func sample(rtl bool) Document {
	lang := "en"
	if rtl {
		lang = "ar"
	}
	return Document{Lang: lang, RTL: rtl, Title: "Where we stand", Header: []string{"For: \u2068الوسيط\u2069"}, Blocks: []Block{
		{Heading: "truce, version 1", Level: 2},
		{Quote: "قبلنا المقترح كما هو.\nThe second line <b>&</b> \x00."},
		{List: []string{"ceasefire: hostilities cease", "captives: 10 people"}, Numbers: true},
		{Text: "Between the lists."},
		{List: []string{"monitor: named later"}, Numbers: true},
		{List: []string{"a point"}},
		{Heading: "Parties", Level: 3},
		{Table: &Table{Caption: "Who stands where", Head: []string{"Party", "Stands"}, Rows: [][]string{{"The power", "proposed"}, {"החזית", "silent"}}}},
	}}
}

// parts opens a file of Word and checks what every reader of it relies on:
// each part is well formed, has a type, and each relation leads to a part.
func parts(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		if !f.Modified.IsZero() && f.Modified.Year() > 1980 {
			t.Errorf("%s tells when it was made", f.Name)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(text)
		for d := xml.NewDecoder(bytes.NewReader(text)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
	}
	for name := range out {
		if name != "[Content_Types].xml" && !strings.HasSuffix(name, ".rels") && !strings.Contains(out["[Content_Types].xml"], `PartName="/`+name+`"`) {
			t.Errorf("%s has no type", name)
		}
	}
	for _, rels := range []struct{ name, base string }{{"_rels/.rels", ""}, {"word/_rels/document.xml.rels", "word"}} {
		list := regexp.MustCompile(`Target="([^"]+)"`).FindAllStringSubmatch(out[rels.name], -1)
		if len(list) == 0 {
			t.Errorf("%s leads nowhere", rels.name)
		}
		for _, m := range list {
			if out[path.Join(rels.base, m[1])] == "" {
				t.Errorf("%s leads to %s, which is not there", rels.name, m[1])
			}
		}
	}
	for _, m := range regexp.MustCompile(`w:(?:pStyle|tblStyle) w:val="([^"]+)"`).FindAllStringSubmatch(out["word/document.xml"], -1) {
		if !strings.Contains(out["word/styles.xml"], `w:styleId="`+m[1]+`"`) {
			t.Errorf("there is no style %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`w:numId w:val="([^"]+)"`).FindAllStringSubmatch(out["word/document.xml"], -1) {
		if !strings.Contains(out["word/numbering.xml"], `w:num w:numId="`+m[1]+`"`) {
			t.Errorf("there is no list %s", m[1])
		}
	}
	return out
}

func TestWord(t *testing.T) {
	for _, rtl := range []bool{false, true} {
		d := sample(rtl)
		raw, err := d.Word()
		if err != nil {
			t.Fatal(err)
		}
		again, _ := d.Word()
		if !bytes.Equal(raw, again) {
			t.Error("the same document gives other bytes")
		}
		doc := parts(t, raw)["word/document.xml"]
		for _, want := range []string{"قبلنا المقترح كما هو.", "The second line &lt;b&gt;&amp;&lt;/b&gt; \uFFFD.", "Between the lists.", "<w:tblHeader/>", `<w:numId w:val="2"/>`} {
			if !strings.Contains(doc, want) {
				t.Errorf("%q is not in it", want)
			}
		}
		for _, p := range strings.Split(doc, "<w:p>")[1:] {
			arabic := strings.Contains(p, "قبلنا")
			if arabic && (!strings.Contains(p, "<w:bidi/>") || !strings.Contains(p, "<w:rtl/>")) {
				t.Errorf("an Arabic paragraph runs from left to right: %s", p)
			}
			if strings.Contains(p, "Between") && (strings.Contains(p, "<w:bidi/>") || strings.Contains(p, "<w:rtl/>")) {
				t.Errorf("an English paragraph runs from right to left: %s", p)
			}
		}
		if rtl != strings.Contains(doc, "<w:bidiVisual/>") {
			t.Error("the table is not mirrored with its language")
		}
		if strings.ContainsAny(doc, "\u2066\u2067\u2068\u2069") {
			t.Error("marks that Word does not know")
		}
	}
}

func TestHTML(t *testing.T) {
	raw, err := sample(true).HTML()
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	for _, want := range []string{`<html lang="ar" dir="rtl">`, strings.ReplaceAll(Policy(), "+", "&#43;"), `<ol start="3">`, "&lt;b&gt;&amp;&lt;/b&gt;", `<th scope="col"`} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in it", want)
		}
	}
	for _, never := range []string{"<script", "http:", "https:", "src=\"", "<b>", "url("} {
		if strings.Contains(strings.ReplaceAll(page, "default-src", ""), never) {
			t.Errorf("%q is in it", never)
		}
	}
}

func plain(d Document) string { return fmt.Sprintf("%q", []any{d.Title, d.Header, flat(d)}) }

func flat(d Document) []string {
	var out []string
	for _, b := range d.Blocks {
		out = append(out, b.Heading, b.Text, b.Quote)
		out = append(out, b.List...)
		if b.Table != nil {
			out = append(append(out, b.Table.Caption), b.Table.Head...)
			out = append(out, slices.Concat(b.Table.Rows...)...)
		}
	}
	return out
}

// Law 5: a paper for a reader holds nothing that he was not given.
func TestLaw5_APaperHoldsWhatItsReaderWasGiven(t *testing.T) {
	made := map[Kind]int{}
	for seed := uint64(1); seed <= 3; seed++ {
		g := accordtest.New(seed, accordtest.Options{})
		items := g.Items(400)
		for _, reader := range g.Lines() {
			r, hidden := record.New(g.Keeper()), viewtest.Hidden{}
			for i, it := range items {
				if given := !record.IsPrivate(it.Body) && (it.By == reader || it.By == g.Keeper() && slices.Contains(it.Audience, reader)); !given {
					it.Entry = viewtest.Mark(it.Entry, i)
					hidden.Add(it.ID)
				}
				if _, err := r.Add(circle.Codec(), it); err != nil {
					t.Fatal(err)
				}
			}
			v := view.Of(r.For(reader, record.AsOf{}), g.Now())
			orders := []Order{{Kind: Stand}, {Kind: Record}}
			for _, pk := range v.Standing().Packages {
				orders = append(orders, Order{Kind: Text, On: pk.Ref}, Order{Kind: Sheet, On: pk.Ref})
			}
			for _, o := range orders {
				d, err := Make(words.Open("en"), v, o)
				if err != nil {
					t.Fatal(err)
				}
				made[o.Kind] += len(d.Blocks)
				if bad := hidden.In(plain(d)); bad != "" {
					t.Fatalf("seed %d: the %s for %s tells of %q", seed, o.Kind, reader, bad)
				}
				if o.Kind == Sheet && (d.Title != "" || d.Header != nil) {
					t.Error("a sheet has a header")
				}
			}
			for _, pk := range view.Of(r.For(g.Keeper(), record.AsOf{}), g.Now()).Standing().Packages {
				if _, ok := v.Package(pk.Ref.Hash); ok {
					continue
				}
				if _, err := Make(words.Open("en"), v, Order{Kind: Sheet, On: pk.Ref}); !fault.Is(err, fault.NotFound) {
					t.Errorf("seed %d: a sheet of a text that %s was not given: %v", seed, reader, err)
				}
			}
		}
	}
	for _, k := range []Kind{Stand, Text, Sheet, Record} {
		if made[k] == 0 {
			t.Errorf("no %s had anything on it", k)
		}
	}
}
