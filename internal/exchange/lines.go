package exchange

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// maxLine is how long one line of a text file may be: a text with what stands
// before it.
const maxLine = wire.MaxText + 1024

// eachLine gives the lines of r, numbered from 1, without their ends. It never
// holds more than one line.
func eachLine(r io.Reader, each func(n int, line string) error) error {
	in := bufio.NewReaderSize(io.LimitReader(r, MaxFile+1), maxLine+2)
	total := 0
	for n := 1; ; n++ {
		b, err := in.ReadSlice('\n')
		total += len(b)
		switch {
		case err == bufio.ErrBufferFull || len(bytes.TrimRight(b, "\r\n")) > maxLine:
			return at(n, fault.Limit, "exchange.long", "this is hardly a chat; cut the line with an editor", "longer than %d bytes", maxLine)
		case total > MaxFile:
			return at(n, fault.Limit, "exchange.file", "import it in parts, under the same label", "the file is larger than %d bytes", MaxFile)
		case err != nil && err != io.EOF:
			return fault.Wrap(err, fault.Disk, "exchange.read", "", "line %d: cannot read on", n)
		}
		if err == io.EOF && len(b) == 0 {
			return nil
		}
		line, bad := text(n, strings.TrimRight(string(b), "\r\n"))
		if bad != nil {
			return bad
		}
		if err := each(n, line); err != nil {
			return err
		}
		if err == io.EOF {
			return nil
		}
	}
}

// text checks that a line is text, and takes the mark of UTF-8 off the first.
func text(n int, s string) (string, error) {
	if n == 1 {
		s = strings.TrimPrefix(s, "\ufeff")
		if strings.HasPrefix(s, "PK\x03\x04") {
			return "", at(1, fault.Malformed, "exchange.zip", "unpack it, and import the text file in it", "this is a zip archive")
		}
	}
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return "", at(n, fault.Malformed, "exchange.utf8", "save the file as UTF-8", "this is not text in UTF-8")
	}
	return s, nil
}

// all reads a whole file.
func all(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	switch {
	case err != nil:
		return nil, fault.Wrap(err, fault.Disk, "exchange.read", "", "cannot read the file")
	case len(b) > MaxFile:
		return nil, fault.New(fault.Limit, "exchange.file", "import it in parts, under the same label", "the file is larger than %d bytes", MaxFile)
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	for n, line := 1, range0(b); ; n++ {
		s, more := line()
		if !more {
			return b, nil
		}
		if !utf8.Valid(s) || bytes.IndexByte(s, 0) >= 0 {
			return nil, at(n, fault.Malformed, "exchange.utf8", "save the file as UTF-8", "this is not text in UTF-8")
		}
	}
}

// range0 gives the lines of b, one a call.
func range0(b []byte) func() ([]byte, bool) {
	return func() ([]byte, bool) {
		if len(b) == 0 {
			return nil, false
		}
		line, rest, _ := bytes.Cut(b, []byte("\n"))
		b = rest
		return line, true
	}
}

// inOrder keeps the order of a file whose times are coarse. Where several
// messages bear the same time, each after the first counts a millisecond
// later. It also notes where the file goes back in time.
func (c *Chat) inOrder() error {
	if len(c.Lines) == 0 {
		return fault.New(fault.Malformed, "exchange.empty", "check that this is the right file and the right kind of import", "there is no message in the file")
	}
	var last, given record.Instant
	for i := range c.Lines {
		l := &c.Lines[i]
		if len(l.Text) > wire.MaxText {
			return at(l.N, fault.Limit, "exchange.text", "shorten it, or leave it out and keep it as a file", "a message of %d bytes, where at most %d are allowed", len(l.Text), wire.MaxText)
		}
		switch from := l.Said.From; {
		case i > 0 && from == last:
			given++
			l.Said.To += given - from
			l.Said.From = given
		default:
			if i > 0 && from < last {
				c.Backwards = append(c.Backwards, l.N)
			}
			last, given = from, from
		}
	}
	return nil
}

// room reports whether one message more is allowed.
func (c *Chat) room(n int) error {
	if len(c.Lines) >= MaxMessages {
		return at(n, fault.Limit, "exchange.many", "import it in parts, under the same label", "more than %d messages", MaxMessages)
	}
	return nil
}
