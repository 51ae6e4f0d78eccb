package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"backchannel/internal/fault"
)

// Console is the person at the terminal, if there is one.
type Console interface {
	// Present reports whether a person can be asked.
	Present() bool
	// Secret asks for something and does not show what is typed.
	Secret(ctx context.Context, prompt string) ([]byte, error)
	// Ask asks for one line.
	Ask(ctx context.Context, prompt string) (string, error)
}

// terminal is the Console of this process. It asks on the controlling
// terminal, not on stdin and stdout, so that a text can be piped in and a
// result piped out around a question.
type terminal struct{ in, out *os.File }

// Terminal gives the process's Console.
func Terminal() Console {
	if term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())) {
		return terminal{os.Stdin, os.Stderr}
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil || !term.IsTerminal(int(tty.Fd())) {
		return terminal{}
	}
	return terminal{tty, tty}
}

func (t terminal) Present() bool { return t.in != nil }

func (t terminal) Secret(ctx context.Context, prompt string) ([]byte, error) {
	if !t.Present() {
		return nil, noTerminal()
	}
	fd := int(t.in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fault.Wrap(err, fault.Passphrase, "cli.terminal", "give it in a file with --passphrase-file", "cannot read from the terminal")
	}
	fmt.Fprint(t.out, prompt)
	defer fmt.Fprintln(t.out)
	b, err := interruptible(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
	switch {
	case ctx.Err() != nil:
		return nil, errors.Join(ctx.Err(), term.Restore(fd, before)) // the echo was off
	case err != nil:
		return nil, fault.Wrap(err, fault.Passphrase, "cli.terminal", "give it in a file with --passphrase-file", "cannot read from the terminal")
	}
	return b, nil
}

func (t terminal) Ask(ctx context.Context, prompt string) (string, error) {
	if !t.Present() {
		return "", noTerminal()
	}
	fmt.Fprint(t.out, prompt)
	s, err := interruptible(ctx, func() (string, error) { return bufio.NewReaderSize(t.in, 256).ReadString('\n') })
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil && err != io.EOF:
		return "", fault.Wrap(err, fault.Refused, "cli.terminal", "", "cannot read from the terminal")
	}
	return strings.TrimSpace(s), nil
}

// interruptible reads until ctx ends. A terminal's read cannot be called off,
// so it is left behind then; the program is about to end.
func interruptible[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		v   T
		err error
	}
	done := make(chan result, 1)
	go func() {
		v, err := read()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.v, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func noTerminal() error {
	return fault.New(fault.Passphrase, "cli.no-terminal", "run it on a terminal, or give a file with --passphrase-file",
		"there is no terminal to ask for the passphrase on")
}

const maxPassphrase = 1024 // bytes

// passphrase reads the passphrase from file ("-" for stdin), or asks for it;
// twice where it is new.
func (a *app) passphrase(file string, isNew bool) ([]byte, error) {
	if file != "" {
		return a.passphraseFile(file)
	}
	first, err := a.deps.Console.Secret(a.ctx, a.say("cli.ask.passphrase"))
	if err != nil || !isNew {
		return first, err
	}
	again, err := a.deps.Console.Secret(a.ctx, a.say("cli.ask.passphrase-again"))
	if err != nil {
		return nil, err
	}
	if string(first) != string(again) {
		return nil, fault.New(fault.Passphrase, "cli.passphrase-twice", "type the same passphrase twice", "the two passphrases differ")
	}
	return checkPassphrase(first)
}

func (a *app) passphraseFile(file string) ([]byte, error) {
	if file == "-" {
		return a.passphraseLine()
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fault.Wrap(err, fault.NotFound, "cli.passphrase-file", "name a file that holds the passphrase and that only you can read", "cannot read the passphrase file")
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.Mode().IsRegular() && st.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		a.note("cli.passphrase-open-file", "File", file)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxPassphrase+2))
	if err != nil {
		return nil, fault.Wrap(err, fault.Disk, "cli.passphrase-file", "", "cannot read the passphrase file")
	}
	return checkPassphrase(bytes.TrimRight(b, "\r\n"))
}

// passphraseLine reads the first line of stdin and no byte more: what follows
// is for the command.
func (a *app) passphraseLine() ([]byte, error) {
	var out []byte
	var b [1]byte
	for len(out) <= maxPassphrase {
		if _, err := io.ReadFull(a.deps.In, b[:]); err == io.EOF || err == nil && b[0] == '\n' {
			break
		} else if err != nil {
			return nil, fault.Wrap(err, fault.Disk, "cli.passphrase-file", "", "cannot read the passphrase from stdin")
		}
		out = append(out, b[0])
	}
	return checkPassphrase(bytes.TrimRight(out, "\r"))
}

func checkPassphrase(b []byte) ([]byte, error) {
	switch {
	case len(b) == 0:
		return nil, fault.New(fault.Passphrase, "cli.passphrase-empty", "choose one; six words picked by dice are good", "the passphrase is empty")
	case len(b) > maxPassphrase:
		return nil, fault.New(fault.Limit, "cli.passphrase-long", "", "the passphrase is longer than %d bytes", maxPassphrase)
	}
	return b, nil
}
