package casefile

import (
	"bytes"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

// tokenKind is a sort of token.
type tokenKind int

const (
	tokWord tokenKind = iota // a name, a key, a number, a part of a date
	tokText                  // "in quotes"
	tokMark                  // a comma or a bracket
	tokRaw                   // the rest of a line, as it stands
)

// token is a piece of a line. Text of a quoted token is without its quotes and
// escapes.
type token struct {
	kind tokenKind
	text string
	line int
}

// row is one line of a statement, split up.
type row struct {
	line    int
	tokens  []token
	comment string // behind the tokens, without the #
	marked  bool   // there is a comment, if only an empty one
	lead    []lead // what stands above it and belongs to no statement
}

// lead is a blank line or a line of prose.
type lead struct {
	comment string // without the #
	blank   bool
}

// statement is a line that begins at the margin, and the indented lines under
// it.
type statement struct {
	rows []row
}

func (s *statement) line() int { return s.rows[0].line }

// source is a file split up.
type source struct {
	file       string
	statements []statement
	tail       []lead // prose behind the last statement
}

// Bounds on a case file, beside wire.MaxCase and wire.MaxLine.
const (
	maxStatements = 1 << 16 // statements of one file
	maxRows       = 256     // lines of one statement
	maxTokens     = 1 << 12 // tokens of one line
)

// lex splits src into statements.
func lex(file string, src []byte) (*source, error) {
	s := &source{file: file}
	l := lexer{file: file, out: s}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	for n, rest := 1, src; len(rest) > 0; n++ {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		if err := bounded(src, rest, line); err != nil {
			return nil, asProblem(file, n, err)
		}
		if err := l.take(n, strings.TrimSuffix(string(line), "\r")); err != nil {
			l.errs = append(l.errs, asProblem(file, n, err))
			if len(l.errs) == maxProblems || fault.Is(err, fault.Limit) {
				break
			}
		}
	}
	s.tail = l.lead
	if len(l.errs) > 0 {
		return nil, errors.Join(l.errs...)
	}
	return s, nil
}

// bounded refuses a line that is too long, and the line at which the file is.
func bounded(src, rest, line []byte) error {
	switch {
	case len(line) > wire.MaxLine:
		return fault.New(fault.Limit, "casefile.line", "break the text into several quoted parts on lines of their own", "this line has more than the %d bytes that are allowed", wire.MaxLine)
	case len(src)-len(rest) > wire.MaxCase:
		return fault.New(fault.Limit, "casefile.file", "split the case in two and let the second continue the first", "here the file passes the %d bytes that are allowed", wire.MaxCase)
	}
	return nil
}

type lexer struct {
	file string
	out  *source
	lead []lead
	errs []error
}

func (l *lexer) take(n int, text string) error {
	if !utf8.ValidString(text) {
		return wrong("utf8", "save the file as UTF-8", "this line is not valid UTF-8")
	}
	trimmed := strings.TrimSpace(text)
	switch {
	case trimmed == "":
		l.lead = append(l.lead, lead{blank: true})
		return nil
	case trimmed[0] == '#':
		l.lead = append(l.lead, lead{comment: trimmed[1:]})
		return nil
	}
	r := row{line: n, lead: l.lead}
	l.lead = nil
	indented := text[0] == ' ' || text[0] == '\t'
	if err := r.split(trimmed); err != nil {
		return err
	}
	all := &l.out.statements
	switch {
	case !indented && len(*all) == maxStatements:
		return fault.New(fault.Limit, "casefile.statements", "split the case in two and let the second continue the first", "more than %d statements", maxStatements)
	case !indented:
		*all = append(*all, statement{rows: []row{r}})
		return nil
	case len(*all) == 0 && len(l.errs) == 0:
		return wrong("indent", "begin it at the margin", "an indented line belongs to a statement above it, and there is none")
	case len(*all) == 0:
		return nil // its statement could not be read, which has been told
	}
	last := &(*all)[len(*all)-1]
	if len(last.rows) == maxRows {
		return fault.New(fault.Limit, "casefile.rows", "put more on one line, or make two statements", "more than %d lines in one statement", maxRows)
	}
	last.rows = append(last.rows, r)
	return nil
}

// split makes tokens of a line.
func (r *row) split(s string) error {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeftFunc(s, unicode.IsSpace) {
		if len(r.tokens) == maxTokens {
			return fault.New(fault.Limit, "casefile.tokens", "put it on several lines", "more than %d words on one line", maxTokens)
		}
		c, size := utf8.DecodeRuneInString(s)
		switch {
		case c == '#':
			r.comment, r.marked = s[1:], true
			return nil
		case c == '"':
			text, rest, err := quoted(s)
			if err != nil {
				return err
			}
			r.tokens = append(r.tokens, token{tokText, text, r.line})
			s = rest
		case strings.ContainsRune(",()", c):
			r.tokens = append(r.tokens, token{tokMark, s[:size], r.line})
			s = s[size:]
		default:
			n := strings.IndexFunc(s, func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune(`,()"`, c) })
			if n < 0 {
				n = len(s)
			}
			if err := plain(s[:n]); err != nil {
				return err
			}
			r.tokens = append(r.tokens, token{tokWord, s[:n], r.line})
			s = s[n:]
			if len(r.tokens) == 1 && r.tokens[0].text == "query" {
				r.tokens = append(r.tokens, token{tokRaw, strings.TrimSpace(s), r.line})
				return nil
			}
		}
	}
	return nil
}

// plain refuses what a word cannot hold.
func plain(word string) error {
	for _, c := range word {
		switch {
		case strings.ContainsRune("“”„«»‟‘’", c):
			return wrong("quotes", `write straight quotes: "…"`, "%q is not a quotation mark here", c)
		case !unicode.IsGraphic(c):
			return wrong("control", "delete it", "a character that cannot be seen (%U)", c)
		}
	}
	return nil
}

// quoted reads a text in quotes at the start of s. It ends on its own line.
func quoted(s string) (text, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], nil
		case c == '\\' && i+1 < len(s):
			i++
			switch s[i] {
			case 'n':
				b.WriteByte('\n')
			case '"', '\\':
				b.WriteByte(s[i])
			default:
				return "", "", wrong("escape", `use \" for a quotation mark, \\ for a backslash and \n for a new line`, `\%c means nothing here`, s[i])
			}
		case c < ' ' && c != '\t' || c == 0x7f:
			return "", "", wrong("control", "delete it", "a character that cannot be seen (%U)", rune(c))
		default:
			b.WriteByte(c)
		}
	}
	return "", "", wrong("unclosed", `close it with " on the same line; texts that follow one another are joined`, "a text in quotes that does not end on its line")
}

// quote is the inverse of quoted.
func quote(s string) string {
	s = strings.ReplaceAll(s, `\`, `\\`)
	s = strings.ReplaceAll(s, `"`, `\"`)
	return `"` + strings.ReplaceAll(s, "\n", `\n`) + `"`
}
