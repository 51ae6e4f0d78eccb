package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"backchannel/internal/casefile"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/words"
)

// Deps is what the command line gets from outside: main gives it the process,
// tests something they can look into.
type Deps struct {
	In       io.Reader
	Out, Err io.Writer
	Console  Console
	Now      func() time.Time
	Zone     *time.Location
	Lang     string // of what is said (BCP 47); English where it is empty
	Version  string
	Page     func(h desk.Handle, caseClock bool, log *slog.Logger) (Page, error)
	open     func() (closing, error) // a desk to use instead, for tests
	again    func(env string) error  // this process anew, with one more variable; nil where that cannot be
	Live     bool                    // stderr is a terminal, on which a line can be written over
}

// Page is a desk's web page.
type Page interface {
	// Link gives the path of a login link. It is a secret and works once.
	Link() string
	// Serve answers on a loopback listener until ctx ends.
	Serve(ctx context.Context, ln net.Listener) error
	// Used tells when somebody last used it.
	Used() time.Time
	// Cover says after how long without use it takes what it shows off the screen.
	Cover(after time.Duration)
}

// OS gives the Deps of this process.
func OS(version string) Deps {
	return Deps{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Console: Terminal(), Now: time.Now, Zone: time.Local, Lang: language(os.Getenv), Version: version, again: again, Live: term.IsTerminal(int(os.Stderr.Fd()))}
}

// language gives the language that the environment asks for, as every program
// on the machine reads it (POSIX locale variables), or as this one is told.
func language(env func(string) string) string {
	for _, name := range []string{"BACKCHANNEL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if v, _, _ := strings.Cut(env(name), "."); v != "" {
			if v == "C" || v == "POSIX" {
				return "en"
			}
			return strings.ReplaceAll(v, "_", "-")
		}
	}
	return "en"
}

// exitInterrupted is what a shell expects of a program that Ctrl-C ended.
const exitInterrupted = 130

// errHelped ends a command line that only asked for help.
var errHelped = errors.New("help was printed")

// Run runs one command line and gives the exit code. It returns when ctx ends.
func Run(ctx context.Context, args []string, d Deps) int {
	a := &app{ctx: ctx, deps: d, book: words.Open(d.Lang).In(d.Zone)}
	err := a.run(args)
	var code exitCode
	switch {
	case err == nil || errors.Is(err, errHelped):
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		a.note("cli.interrupted")
		return exitInterrupted
	}
	a.fail(err)
	return fault.Exit(err)
}

// app is one run of one command. Commands get it as their argument.
type app struct {
	ctx  context.Context
	deps Deps
	book *words.Book
	root root
}

func (a *app) run(args []string) error {
	k, err := a.parser()
	if err != nil {
		return fault.Wrap(err, fault.Internal, "cli.grammar", "", "the command line's own grammar is broken")
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if args[0] == "help" { // what most people type first
		args = append(slices.Clone(args[1:]), "--help")
	}
	ctx, err := k.Parse(args)
	if errors.Is(err, errHelped) {
		return err
	}
	if err != nil {
		a.root.JSON = a.root.JSON || wantsJSON(args) // the parse may have stopped before the flag
		return a.usage(err)
	}
	a.book = a.book.Shown(words.Look{Calendar: a.root.Calendar, Digits: a.root.Digits})
	return ctx.Run(a)
}

func (a *app) parser() (*kong.Kong, error) {
	return kong.New(&a.root,
		kong.Name("backchannel"), kong.Description(a.say("cli.help")), kong.NoDefaultHelp(), kong.Writers(a.deps.Out, a.deps.Err),
		kong.ExplicitGroups(a.groups()), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Help(a.printHelp), kong.PostBuild(a.describe))
}

func wantsJSON(args []string) bool {
	for _, s := range args {
		if s == "--json" {
			return true
		}
	}
	return false
}

// usage turns what kong says into an error with a hint.
func (a *app) usage(err error) error {
	hint := "backchannel --help"
	var p *kong.ParseError
	if errors.As(err, &p) && p.Context != nil && p.Context.Selected() != nil {
		hint = p.Context.Selected().FullPath() + " --help"
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return fault.Wrap(err, fault.Malformed, "cli.usage", "", "this is not a command line that I understand").WithHint("see %s", hint)
}

// fail tells the person what went wrong and what to do.
func (a *app) fail(err error) {
	list := failures(a.book, err)
	if a.root.JSON {
		out := map[string]any{"error": list[0]}
		if len(list) > 1 {
			out["more"] = list[1:]
		}
		encode(a.deps.Err, out, "")
		return
	}
	for _, f := range list {
		line(a.deps.Err, a.say("cli.error")+" "+f.Text)
		if f.Detail != "" {
			line(a.deps.Err, f.Detail)
		}
		if f.Hint != "" {
			line(a.deps.Err, a.say("cli.hint")+" "+f.Hint)
		}
	}
}

// failures gives an error as people and programs are told of it: one, or, for
// a case file, one for each problem with its line.
func failures(book *words.Book, err error) []failure {
	of := func(err error) failure {
		told := book.Fault(err)
		return failure{Kind: fault.KindOf(err), ID: idOf(err), Text: told.Text, Hint: told.Hint, Detail: told.Detail, Exit: fault.Exit(err)}
	}
	var out []failure
	for _, p := range casefile.Problems(err) {
		f := of(p)
		f.File, f.Line = p.File, p.Line
		f.Text = fmt.Sprintf("%s:%d: %s", p.File, p.Line, f.Text)
		out = append(out, f)
	}
	if len(out) == 0 {
		out = append(out, of(err))
	}
	return out
}

// failure is an error as --json gives it.
type failure struct {
	Kind   fault.Kind `json:"kind"`
	ID     string     `json:"id,omitempty"`
	Text   string     `json:"text"`
	Hint   string     `json:"hint,omitempty"`
	Detail string     `json:"detail,omitempty"` // in English, where the rest is not
	Exit   int        `json:"exit"`
	File   string     `json:"file,omitempty"`
	Line   int        `json:"line,omitempty"`
}

func idOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.ID
	}
	return ""
}

// note tells the person something beside the result.
func (a *app) note(id string, args ...any) {
	if !a.root.JSON {
		line(a.deps.Err, a.say(id, args...))
	}
}

// result prints what a command gives: v as JSON if that was asked for, else
// what text writes.
func (a *app) result(v any, text func(w io.Writer) error) error {
	if !a.root.JSON {
		return text(a.deps.Out)
	}
	return encode(a.deps.Out, v, "  ")
}

func encode(w io.Writer, v any, indent string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, escaped(b.String()))
	return err
}

// escaped writes by their numbers those characters of a JSON text that it may
// hold as they are and that would drive a terminal. They stand in strings alone.
func escaped(s string) string {
	var out strings.Builder
	for _, r := range s {
		if r != '\n' && harmless(string(r)) != string(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}
