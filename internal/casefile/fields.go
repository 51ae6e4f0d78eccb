package casefile

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

// field is what may stand in a statement behind a key. Fields of one group
// exclude one another.
type field struct {
	take  func(c *cursor) error
	group string
	many  bool // may stand more than once
}

// fields are the keys that one statement knows. The key "" is a text in
// quotes that stands alone.
type fields map[string]field

// one adds a field with a group of its own.
func (f fields) one(key string, take func(c *cursor) error) { f[key] = field{take: take, group: key} }

// words adds bare words of which one may stand.
func words[T ~string](f fields, into *T, all ...T) {
	for _, w := range all {
		f[string(w)] = field{group: string(all[0]), take: func(*cursor) error { *into = w; return nil }}
	}
}

func (f fields) flag(key string, into *bool) {
	f.one(key, func(*cursor) error { *into = true; return nil })
}

func (f fields) text(key string, into *string) {
	f.one(key, func(c *cursor) error { return takeText(c, key, into) })
}

// bare lets a text in quotes stand without a key.
func (f fields) bare(into *string) { f.text("", into) }

// takeText takes a text in quotes, and those that follow it: behind a key on
// the same line, since a text that begins a line stands for itself.
func takeText(c *cursor, key string, into *string) error {
	var parts []string
	for {
		t, ok := c.peek()
		if !ok || t.kind != tokText || key != "" && len(parts) > 0 && t.line != c.line {
			break
		}
		c.take()
		parts = append(parts, t.text)
	}
	if len(parts) == 0 {
		t, ok := c.peek()
		return wrong("text", `write a text in quotes behind it: `+key+` "…"`, "%s stands where a text in quotes is needed", shown(t, ok))
	}
	*into = strings.Join(parts, " ")
	return nil
}

// word takes a bare word.
func (c *cursor) word(what, hint string) (string, error) {
	t, ok := c.take()
	if !ok || t.kind != tokWord {
		return "", wrong("word", hint, "%s stands where %s is needed", shown(t, ok), what)
	}
	return t.text, nil
}

// list takes words with commas between them.
func (c *cursor) list(one func(c *cursor) error) error {
	for {
		if err := one(c); err != nil {
			return err
		}
		if t, ok := c.peek(); !ok || t.kind != tokMark || t.text != "," {
			return nil
		}
		c.take()
	}
}

func (f fields) number(key string, into *int) {
	f.one(key, func(c *cursor) error {
		s, err := c.word("a number", "write a number, as in "+key+" 2")
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 1<<20 {
			return wrong("number", "write a whole number from 1", "%q is not a number", s)
		}
		*into = n
		return nil
	})
}

func (f fields) moment(key string, p *parser, into *record.Instant) {
	f.one(key, func(c *cursor) error {
		t, _, err := c.moment(p.c.zone, p.day())
		*into = record.At(t)
		return err
	})
}

// schedule adds a moment of a term, which is told in the zone that stands behind
// it, or else in that of the clock.
func (f fields) schedule(key string, p *parser, into *record.Instant, in *accord.Zone) {
	f.one(key, func(c *cursor) error {
		t, z, err := c.moment(p.c.zone, p.day())
		if err == nil && *in != "" && string(*in) != z.name {
			return wrong("zones", "write all times of one term in one zone", "the times of one term stand in two zones, %s and %s", *in, z.name)
		}
		*into, *in = record.At(t), accord.Zone(z.name)
		return err
	})
}

// said adds when it was said, which cannot be later than now.
func (f fields) said(p *parser, now record.Instant, into *record.Interval) {
	f.one("said", func(c *cursor) (err error) {
		if *into, err = c.interval(p.c.zone); err == nil && into.To > now {
			err = wrong("said", "move the clock on with `at`, or give the part that is past: A .. B", "it is said to have been said after the moment at which it is logged")
		}
		return err
	})
}

// name adds a field that names a person or a party.
func (f fields) name(key string, p *parser, into *record.Name) {
	f.one(key, func(c *cursor) (err error) { *into, err = p.declared(c); return err })
}

func (f fields) names(key string, p *parser, into *[]record.Name) {
	f.one(key, func(c *cursor) error {
		*into = nil
		return c.list(func(c *cursor) error {
			n, err := p.declared(c)
			*into = append(*into, n)
			return err
		})
	})
}

// free adds a list of names that need no declaration: of terms and packages,
// which may come later in the file.
func (f fields) free(key string, p *parser, into *[]record.Name) {
	f.one(key, func(c *cursor) error {
		*into = nil
		return c.list(func(c *cursor) error {
			n, err := p.textName(c)
			*into = append(*into, n)
			return err
		})
	})
}

func (f fields) label(key string, p *parser, into *ref, kinds ...record.Kind) {
	f.one(key, func(c *cursor) (err error) { *into, err = p.referTo(c, kinds...); return err })
}

func (f fields) labels(key string, p *parser, into *[]ref, kinds ...record.Kind) {
	f.one(key, func(c *cursor) error {
		*into = nil
		return c.list(func(c *cursor) error {
			r, err := p.referTo(c, kinds...)
			*into = append(*into, r)
			return err
		})
	})
}

// quantity reads 10 captives, or 45-60 days.
func quantity(c *cursor) (accord.Range, error) {
	s, err := c.word("a quantity", "write it as 10 captives or 45-60 days")
	if err != nil {
		return accord.Range{}, err
	}
	low, high, both := strings.Cut(record.Digits(s), "-")
	if !both {
		high = low
	}
	a, errA := strconv.ParseInt(low, 10, 64)
	b, errB := strconv.ParseInt(high, 10, 64)
	if errA != nil || errB != nil {
		return accord.Range{}, wrong("quantity", "write it as 10 captives or 45-60 days", "%q is not a quantity", s)
	}
	unit, err := aUnit(c)
	if err != nil {
		return accord.Range{}, err
	}
	r := accord.Range{Min: a, Max: b, Unit: unit}
	return r, r.Check()
}

// aUnit reads what is counted: a word, or several in quotes.
func aUnit(c *cursor) (string, error) {
	if t, ok := c.peek(); ok && t.kind == tokText {
		c.take()
		return t.text, nil
	}
	return c.word("a unit", "say of what: 10 captives, 45-60 days")
}

// run reads the fields of a statement.
func (f fields) run(c *cursor) error {
	seen := map[string]string{}
	for {
		t, ok := c.peek()
		if !ok {
			return nil
		}
		key := t.text
		if t.kind == tokText {
			key = ""
		}
		fd, known := f[key]
		if t.kind == tokMark || !known {
			c.take()
			return f.unknown(t)
		}
		if old, twice := seen[fd.group]; twice && !fd.many {
			c.take()
			return wrong("twice", "keep one of them", "%s stands beside %s, and only one can", named(key), named(old))
		}
		seen[fd.group] = key
		if t.kind != tokText {
			c.take()
		}
		if err := fd.take(c); err != nil {
			return err
		}
	}
}

func named(key string) string {
	if key == "" {
		return "a text in quotes"
	}
	return "`" + key + "`"
}

func (f fields) unknown(t token) error {
	if t.kind == tokText {
		return wrong("stray", "put a key before it, or delete it", "a text in quotes has no place here")
	}
	if t.kind == tokMark {
		return wrong("stray", "delete it; commas stand between the names of one list alone", "%q has no place here", t.text)
	}
	keys := slices.Collect(maps.Keys(f))
	keys = slices.DeleteFunc(keys, func(k string) bool { return k == "" })
	return wrong("unknown", suggest(t.text, keys), "%q means nothing here", t.text)
}

// day gives the day on which the clock stands.
func (p *parser) day() time.Time { return p.now.Time().In(p.c.zone.loc) }
