package paper

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// orders is the order in which ECMA-376 part 1 (CT_…, Annex A) wants what
// stands in an element. Word refuses a file that has another; others take it.
// An element that is not listed is not one that we write.
var orders = map[string][]string{
	"document":    {"body"},
	"p":           {"pPr", "r"},
	"r":           {"rPr", "t"},
	"pPr":         {"pStyle", "keepNext", "keepLines", "numPr", "bidi", "spacing", "ind", "jc", "outlineLvl", "rPr"},
	"rPr":         {"rStyle", "rFonts", "b", "bCs", "i", "iCs", "color", "sz", "szCs", "rtl", "cs", "lang"},
	"numPr":       {"ilvl", "numId"},
	"tbl":         {"tblPr", "tblGrid", "tr"},
	"tblPr":       {"tblStyle", "bidiVisual", "tblW", "jc", "tblBorders", "tblLayout", "tblCellMar"},
	"tblGrid":     {"gridCol"},
	"tr":          {"trPr", "tc"},
	"trPr":        {"cantSplit", "tblHeader"}, // a choice: any order
	"tc":          {"tcPr", "p"},
	"tblBorders":  {"top", "start", "bottom", "end", "insideH", "insideV"},
	"tblCellMar":  {"top", "start", "bottom", "end"},
	"sectPr":      {"pgSz", "pgMar", "bidi"},
	"styles":      {"docDefaults", "style"},
	"docDefaults": {"rPrDefault", "pPrDefault"},
	"rPrDefault":  {"rPr"},
	"pPrDefault":  {"pPr"},
	"style":       {"name", "basedOn", "next", "qFormat", "pPr", "rPr", "tblPr"},
	"numbering":   {"abstractNum", "num"},
	"abstractNum": {"multiLevelType", "lvl"},
	"lvl":         {"start", "numFmt", "lvlText", "lvlJc", "pPr", "rPr"},
	"num":         {"abstractNumId"},
}

// disorder says what in a part stands where the schema does not have it.
func disorder(text string) error {
	type level struct {
		name string
		at   int
	}
	var open []level
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			name := tok.Name.Local
			if tok.Name.Space != wordSpace {
				return fmt.Errorf("%s is not of WordprocessingML", name)
			}
			if n := len(open); n > 0 && open[n-1].name == "body" { // paragraphs and tables in any order, then the section
				if last := name == "sectPr"; !last && (open[n-1].at > 0 || name != "p" && name != "tbl") {
					return fmt.Errorf("%s in the body", name)
				} else if last {
					open[n-1].at = 1
				}
			} else if n > 0 {
				in := &open[n-1]
				at := slices.Index(orders[in.name], name)
				if at < 0 || at < in.at {
					return fmt.Errorf("%s stands in %s where the schema does not have it", name, in.name)
				}
				in.at = at
			}
			open = append(open, level{name, 0})
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

// TestWordKeepsTheSchemasOrder holds every part to the order of elements that
// the schema has.
func TestWordKeepsTheSchemasOrder(t *testing.T) {
	for _, rtl := range []bool{false, true} {
		raw, err := sample(rtl).Word()
		if err != nil {
			t.Fatal(err)
		}
		files := parts(t, raw)
		for _, name := range []string{"word/document.xml", "word/styles.xml", "word/numbering.xml"} {
			if err := disorder(files[name]); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !strings.HasPrefix(string(raw[30:]), "[Content_Types].xml") {
			t.Error("the types do not come first")
		}
	}
	const head = `<w:p xmlns:w="` + wordSpace + `">`
	for _, bad := range []string{
		head + `<w:r><w:t>x</w:t></w:r><w:pPr/></w:p>`, head + `<w:pPr><w:bidi/><w:pStyle w:val="Quote"/></w:pPr></w:p>`,
		head + `<w:r><w:rPr><w:lang w:val="he"/><w:rtl/></w:rPr></w:r></w:p>`, head + `<w:pPr><w:b/></w:pPr></w:p>`,
	} {
		if disorder(bad) == nil {
			t.Errorf("nothing is found in %s", bad)
		}
	}
}

// TestWordSaysWayAndLanguage: each run says which way it goes, and its language
// where that is not the document's.
func TestWordSaysWayAndLanguage(t *testing.T) {
	for _, c := range []struct {
		lang, text, want string
	}{
		{"en", "plain", `<w:p><w:pPr></w:pPr><w:r><w:t xml:space="preserve">plain</w:t></w:r></w:p>`},
		{"en", "мир", `<w:p><w:pPr></w:pPr><w:r><w:rPr><w:lang w:val="ru"/></w:rPr><w:t xml:space="preserve">мир</w:t></w:r></w:p>`},
		{"en", "سلام", `<w:p><w:pPr><w:bidi/><w:rPr><w:rtl/></w:rPr></w:pPr><w:r><w:rPr><w:rtl/></w:rPr><w:t xml:space="preserve">سلام</w:t></w:r></w:p>`},
		{"en", "שלום", `<w:p><w:pPr><w:bidi/><w:rPr><w:rtl/></w:rPr></w:pPr><w:r><w:rPr><w:rtl/><w:lang w:bidi="he"/></w:rPr><w:t xml:space="preserve">שלום</w:t></w:r></w:p>`},
		{"he", "سلام", `<w:p><w:pPr><w:bidi/><w:rPr><w:rtl/></w:rPr></w:pPr><w:r><w:rPr><w:rtl/><w:lang w:bidi="ar"/></w:rPr><w:t xml:space="preserve">سلام</w:t></w:r></w:p>`},
		{"ar", "سلام peace", `<w:p><w:pPr><w:bidi/><w:rPr><w:rtl/></w:rPr></w:pPr><w:r><w:rPr><w:rtl/></w:rPr><w:t xml:space="preserve">سلام </w:t></w:r><w:r><w:t xml:space="preserve">peace</w:t></w:r></w:p>`},
		{"ru", "Doha", `<w:p><w:pPr></w:pPr><w:r><w:rPr><w:lang w:val="en"/></w:rPr><w:t xml:space="preserve">Doha</w:t></w:r></w:p>`},
	} {
		var b strings.Builder
		Document{Lang: c.lang, RTL: c.lang == "ar" || c.lang == "he"}.line(&b, "", "", c.text)
		if b.String() != c.want {
			t.Errorf("%s in %s:\n%s, want\n%s", c.text, c.lang, b.String(), c.want)
		}
	}
}
