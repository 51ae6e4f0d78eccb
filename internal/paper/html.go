package paper

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"

	"backchannel/internal/words"
)

//go:embed paper.html
var page string

var pageTemplate = template.Must(template.New("").Parse(page))

// style is all the style that a paper has: it is printed, and opened without a
// network. The margins of its sheets are said to be empty, so that a browser
// does not print the address and the time there by itself.
const style = `@page{size:A4;margin:2cm;@top-left{content:""}@top-center{content:""}@top-right{content:""}@bottom-left{content:""}@bottom-center{content:""}@bottom-right{content:""}}body{font:11pt/1.45 "Times New Roman","Noto Serif","Liberation Serif",serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}` +
	`h1,h2,h3,caption,th{font-family:Arial,"Noto Sans","Liberation Sans",sans-serif;line-height:1.25;text-align:start}h1{font-size:1.5em}h2{font-size:1.2em;margin-block-start:1.4em}h3{font-size:1em}` +
	`.for{color:#333;font-size:.9em;margin:0}blockquote,p,li{white-space:pre-wrap;unicode-bidi:plaintext;overflow-wrap:anywhere}blockquote{margin-inline:1.5rem}` +
	`table{border-collapse:collapse;width:100%;margin-block:.8rem;font-size:.95em}th,td{border:1px solid #888;padding:.25rem .5rem;text-align:start;vertical-align:top}` +
	`thead{display:table-header-group}tr,blockquote,li{break-inside:avoid}h2,h3{break-after:avoid}@media print{body{margin:0;max-width:none;padding:0}}`

// HTML gives the document as one page that needs nothing besides: it may load
// nothing, run nothing and send nothing, and prints as it stands.
func (d Document) HTML() ([]byte, error) {
	dir := "ltr"
	if d.RTL {
		dir = "rtl"
	}
	var out bytes.Buffer
	err := pageTemplate.Execute(&out, struct {
		Document
		Dir, Hash string
		Style     template.CSS
		Starts    []int
	}{d, dir, styleHash(), style, d.Starts()})
	return []byte(words.Straight(out.String())), err
}

// Policy is the page's Content-Security-Policy, as it stands in the page itself:
// it has its own style, and may do nothing else. Whoever serves the page sends
// it along.
func Policy() string {
	return "default-src 'none'; style-src '" + styleHash() + "'; base-uri 'none'; form-action 'none'"
}

func styleHash() string {
	sum := sha256.Sum256([]byte(style))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Starts gives the number with which each block's list would begin: numbers go
// on through the document.
func (d Document) Starts() []int {
	n := 1
	var out []int
	for _, b := range d.Blocks {
		out = append(out, n)
		if b.Numbers {
			n += len(b.List)
		}
	}
	return out
}
