package paper

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"unicode"

	"backchannel/internal/words"
)

// Word gives the document as Office Open XML (ECMA-376, transitional), as word
// processors read it. Paragraphs and runs that run from right to left are marked
// so (w:bidi, w:rtl), and tables are mirrored (w:bidiVisual).
func (d Document) Word() ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, part := range []struct{ name, text string }{
		{"[Content_Types].xml", contentTypes},
		{"_rels/.rels", packageRels},
		{"word/_rels/document.xml.rels", documentRels},
		{"word/styles.xml", d.styles()},
		{"word/numbering.xml", numbering},
		{"word/document.xml", d.body()},
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate}) // no time of making
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(w, part.text); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	wordSpace = `http://schemas.openxmlformats.org/wordprocessingml/2006/main`
	relSpace  = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`

	contentTypes = xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>` +
		`<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>` +
		`<Override PartName="/word/numbering.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/></Types>`

	packageRels = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="` + relSpace + `/officeDocument" Target="word/document.xml"/></Relationships>`

	documentRels = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="` + relSpace + `/styles" Target="styles.xml"/>` +
		`<Relationship Id="rId2" Type="` + relSpace + `/numbering" Target="numbering.xml"/></Relationships>`

	// Two lists: one with dots, one with numbers that goes on through the
	// document, so that "point 4" means one thing on a sheet.
	numbering = xmlHead + `<w:numbering xmlns:w="` + wordSpace + `">` +
		`<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/><w:lvlJc w:val="start"/><w:pPr><w:ind w:start="360" w:hanging="360"/></w:pPr></w:lvl></w:abstractNum>` +
		`<w:abstractNum w:abstractNumId="1"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/><w:lvlJc w:val="start"/><w:pPr><w:ind w:start="480" w:hanging="480"/></w:pPr></w:lvl></w:abstractNum>` +
		`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>`
)

func (d Document) styles() string {
	style := func(id, name, based, paragraph, text string) string {
		return `<w:style w:type="paragraph" w:styleId="` + id + `"><w:name w:val="` + name + `"/>` + based + `<w:qFormat/><w:pPr>` + paragraph + `</w:pPr><w:rPr>` + text + `</w:rPr></w:style>`
	}
	onNormal := `<w:basedOn w:val="Normal"/><w:next w:val="Normal"/>`
	size := func(halfPoints string) string {
		return `<w:sz w:val="` + halfPoints + `"/><w:szCs w:val="` + halfPoints + `"/>`
	}
	bold := `<w:b/><w:bCs/>`
	lang := `<w:lang w:val="` + escape(d.latin()) + `" w:bidi="` + escape(d.other()) + `"/>`
	return xmlHead + `<w:styles xmlns:w="` + wordSpace + `"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>` +
		size("22") + lang + `</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="120"/></w:pPr></w:pPrDefault></w:docDefaults>` +
		`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>` +
		style("Title", "Title", onNormal, `<w:keepNext/>`, bold+size("32")) +
		style("Heading1", "heading 1", onNormal, `<w:keepNext/><w:spacing w:before="240"/><w:outlineLvl w:val="0"/>`, bold+size("26")) +
		style("Heading2", "heading 2", onNormal, `<w:keepNext/><w:spacing w:before="160"/><w:outlineLvl w:val="1"/>`, bold+size("22")) +
		style("Quote", "Quote", onNormal, `<w:ind w:start="480" w:end="480"/>`, ``) +
		style("Header1", "Made for", onNormal, `<w:spacing w:after="40"/>`, size("19")) +
		`<w:style w:type="table" w:styleId="Grid"><w:name w:val="Table Grid"/><w:tblPr><w:tblBorders>` + borders() + `</w:tblBorders><w:tblCellMar><w:start w:w="90" w:type="dxa"/><w:end w:w="90" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style></w:styles>`
}

func borders() string {
	var out string
	for _, side := range []string{"top", "start", "bottom", "end", "insideH", "insideV"} {
		out += `<w:` + side + ` w:val="single" w:sz="4" w:space="0" w:color="808080"/>`
	}
	return out
}

// latin and other are the languages of the two kinds of runs, for spelling and
// hyphenation.
func (d Document) latin() string {
	if d.RTL {
		return "en"
	}
	return d.Lang
}

func (d Document) other() string {
	if d.RTL {
		return d.Lang
	}
	return "ar"
}

func (d Document) body() string {
	var b strings.Builder
	b.WriteString(xmlHead + `<w:document xmlns:w="` + wordSpace + `"><w:body>`)
	if d.Title != "" {
		d.paragraph(&b, "Title", "", d.Title)
	}
	for _, h := range d.Header {
		d.paragraph(&b, "Header1", "", h)
	}
	for _, k := range d.Blocks {
		switch {
		case k.Heading != "":
			d.paragraph(&b, "Heading"+strconv.Itoa(max(k.Level-1, 1)), "", k.Heading)
		case k.Quote != "":
			d.paragraph(&b, "Quote", "", k.Quote)
		case k.Table != nil:
			d.table(&b, *k.Table)
		case len(k.List) > 0:
			number := "1"
			if k.Numbers {
				number = "2"
			}
			for _, item := range k.List {
				d.paragraph(&b, "", number, item)
			}
		default:
			d.paragraph(&b, "", "", k.Text)
		}
	}
	// A4, with margins of 2 cm.
	section := `<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" w:footer="567" w:gutter="0"/>`
	if d.RTL {
		section += `<w:bidi/>`
	}
	b.WriteString(`<w:sectPr>` + section + `</w:sectPr></w:body></w:document>`)
	return b.String()
}

// paragraph writes a text, each line as a paragraph that runs its own way.
func (d Document) paragraph(b *strings.Builder, style, list, text string) {
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			list = "" // the item goes on
		}
		d.line(b, style, list, line)
	}
}

func (d Document) line(b *strings.Builder, style, list, text string) {
	rtl := paragraphWay(text, d.RTL)
	b.WriteString(`<w:p><w:pPr>`)
	if style != "" {
		b.WriteString(`<w:pStyle w:val="` + style + `"/>`)
	}
	if list != "" {
		b.WriteString(`<w:numPr><w:ilvl w:val="0"/><w:numId w:val="` + list + `"/></w:numPr>`)
	}
	if rtl {
		b.WriteString(`<w:bidi/><w:rPr><w:rtl/></w:rPr>`) // the mark too: the number of a list runs as it does
	}
	b.WriteString(`</w:pPr>`)
	for _, r := range runs(text, rtl) {
		b.WriteString(`<w:r>`)
		if props := d.runProps(r); props != "" {
			b.WriteString(`<w:rPr>` + props + `</w:rPr>`)
		}
		b.WriteString(`<w:t xml:space="preserve">` + escape(r.text) + `</w:t></w:r>`)
	}
	b.WriteString(`</w:p>`)
}

// runProps says which way a run goes, and its language where that is another
// than the document's: a word processor spells, breaks and speaks by it.
func (d Document) runProps(r run) string {
	out, usual, attr := "", d.latin(), "val"
	if r.rtl {
		out, usual, attr = `<w:rtl/>`, d.other(), "bidi"
	}
	if lang := scriptLang(r.text, usual); lang != usual {
		out += `<w:lang w:` + attr + `="` + escape(lang) + `"/>`
	}
	return out
}

// scriptLang gives the language that the first letter of s tells of, by its
// script alone; usual where that says nothing new.
func scriptLang(s, usual string) string {
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Hebrew, r):
			return "he"
		case unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r):
			if usual == "he" {
				return "ar"
			}
			return usual
		case unicode.Is(unicode.Cyrillic, r):
			return "ru"
		case unicode.Is(unicode.Latin, r):
			if usual == "ru" {
				return "en"
			}
			return usual
		}
	}
	return usual
}

func (d Document) table(b *strings.Builder, t Table) {
	if t.Caption != "" {
		d.paragraph(b, "Heading2", "", t.Caption)
	}
	b.WriteString(`<w:tbl><w:tblPr><w:tblStyle w:val="Grid"/>`)
	if d.RTL {
		b.WriteString(`<w:bidiVisual/>`)
	}
	b.WriteString(`<w:tblW w:w="5000" w:type="pct"/></w:tblPr><w:tblGrid>`)
	for range t.Head {
		b.WriteString(`<w:gridCol/>`)
	}
	b.WriteString(`</w:tblGrid>`)
	row := func(cells []string, head bool) {
		b.WriteString(`<w:tr>`)
		if head {
			b.WriteString(`<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>`)
		}
		for _, c := range cells {
			b.WriteString(`<w:tc><w:tcPr/>`)
			d.paragraph(b, "", "", c)
			b.WriteString(`</w:tc>`)
		}
		b.WriteString(`</w:tr>`)
	}
	row(t.Head, true)
	for _, r := range t.Rows {
		row(r, false)
	}
	b.WriteString(`</w:tbl>`)
	b.WriteString(`<w:p/>`) // two tables in a row would become one
}

// escape makes s safe inside XML. What XML cannot hold becomes a question mark
// (U+FFFD), as everywhere; so does what would have it read otherwise.
func escape(s string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(words.Straight(s))) // a buffer takes everything
	return b.String()
}
