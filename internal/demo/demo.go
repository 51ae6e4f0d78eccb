package demo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"backchannel/internal/casefile"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/words"
)

// Options say how the demo runs.
type Options struct {
	Exe      string // the program itself, to start again as relay and desks
	Cases    fs.FS  // where the case files are
	Last     string // the case to play, with those that it continues
	Headless bool   // play, ask, clean up, return; else stay until ctx ends
	JSON     bool   // answers as a list of objects
	Keep     bool   // leave the folder in place
	Live     bool   // Err is a terminal, on which a line can be written over
	Out, Err io.Writer
	Book     *words.Book
}

// Run plays the case on real desks. It returns when ctx ends, or, headless,
// with the case's unmet expectations as its error.
func Run(ctx context.Context, o Options) error {
	c, err := casefile.Load(o.Cases, o.Last)
	if err != nil {
		return err
	}
	d := &play{o: o, c: c, book: o.Book.In(zoneOf(c.Zone))}
	err = d.run(ctx)
	if ctx.Err() != nil && !o.Headless {
		return nil // Ctrl-C is how the demo ends
	}
	return err
}

// play is one run of the demo.
type play struct {
	o     Options
	c     *casefile.Case
	book  *words.Book
	world *world
	began time.Time
	title string // of the case whose progress was last told
}

func (d *play) run(ctx context.Context) (err error) {
	d.began = time.Now()
	d.tell("demo.relay")
	if d.world, err = begin(ctx, d.o.Exe, period, d.o.Keep); err != nil {
		return err
	}
	defer func() {
		d.tell("demo.ending")
		err = errors.Join(err, d.world.end())
		if d.o.Keep {
			d.tell("demo.kept", "Dir", d.world.dir)
		}
	}()
	if err := d.raise(ctx); err != nil {
		return err
	}
	report, err := d.play(ctx)
	if err != nil {
		return err
	}
	if d.o.Headless {
		return errors.Join(d.answers(report), report.Err())
	}
	if err := errors.Join(d.standing(ctx), d.addresses(), report.Err()); err != nil {
		return err
	}
	return d.world.wait(ctx)
}

// raise sets up every desk of the cases, and opens the lines.
func (d *play) raise(ctx context.Context) error {
	for _, n := range d.c.AllDesks() {
		d.tell("demo.desk", "Keeper", d.titleOf(n))
		if err := d.world.addDesk(ctx, n); err != nil {
			return err
		}
	}
	lines := d.c.AllLines()
	d.tell("demo.lines", "N", len(lines))
	if err := d.world.open(ctx, lines); err != nil {
		return err
	}
	d.tell("demo.lines-open", "N", len(lines), "Seconds", d.seconds())
	return nil
}

func (d *play) play(ctx context.Context) (*casefile.Report, error) {
	ids := func() keys.ID {
		var id keys.ID
		rand.Read(id[:])
		return id
	}
	tell := func(v *view.View, a view.Answer) string { return strings.Join(d.book.Answer(v, a), "\n") }
	report, err := casefile.Run(ctx, d.c, casefile.NewPlayer(d.world.stage, ids), tell, d.progress)
	if d.o.Live && d.title != "" {
		fmt.Fprintln(d.o.Err)
	}
	if err != nil {
		return nil, err
	}
	d.tell("demo.played", "Seconds", d.seconds())
	return report, nil
}

// progress shows how far a case has come: in place on a terminal, else a line
// for every tenth.
func (d *play) progress(p casefile.Progress) {
	if p.Case.Title != d.title {
		if d.title != "" && d.o.Live {
			fmt.Fprintln(d.o.Err)
		}
		d.title = p.Case.Title
		fmt.Fprintln(d.o.Err, d.title)
	}
	if !d.o.Live && p.Done != p.Total && p.Done*10/p.Total == (p.Done-1)*10/p.Total {
		return
	}
	day := d.book.Instant(p.Step.At)
	s := d.book.T("demo.step", "Done", p.Done, "Total", p.Total, "When", day)
	if d.o.Live {
		fmt.Fprintf(d.o.Err, "\r\x1b[K%s", s)
	} else {
		fmt.Fprintln(d.o.Err, s)
	}
}

// answers prints the questions, where they were asked, and what the records
// said.
func (d *play) answers(r *casefile.Report) error {
	if d.o.JSON {
		list := r.Answers
		if list == nil {
			list = []casefile.Answer{}
		}
		enc := json.NewEncoder(d.o.Out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(list)
	}
	for _, a := range r.Answers {
		if _, err := fmt.Fprintln(d.o.Out, d.book.T("demo.answer", "ID", a.ID, "Desk", d.titleOf(a.Desk), "Question", a.Question)); err != nil {
			return err
		}
		for s := range strings.SplitSeq(a.Answer, "\n") {
			if _, err := fmt.Fprintln(d.o.Out, "    "+s); err != nil {
				return err
			}
		}
	}
	return nil
}

// standing prints where we stand at the go-between's desk, and its alarms.
func (d *play) standing(ctx context.Context) error {
	keeper := d.goBetween()
	h, err := d.world.stage.Desk(keeper)
	if err != nil {
		return err
	}
	r, err := h.Record(ctx)
	if err != nil {
		return err
	}
	now, err := h.Clock(ctx)
	if err != nil {
		return err
	}
	v := view.Of(r.For(keeper, record.AsOf{}), now)
	out := []string{"", d.book.T("demo.standing", "Keeper", d.titleOf(keeper)), "", d.book.Standing(v, v.Standing()), d.book.T("demo.alarms")}
	for _, a := range v.Alarms() {
		out = append(out, "  "+d.book.AlarmSince(v, a))
	}
	_, err = fmt.Fprintln(d.o.Out, strings.Join(out, "\n"))
	return err
}

// goBetween gives the desk to look from: the one with the most lines.
func (d *play) goBetween() record.Name {
	count := map[record.Name]int{}
	for _, l := range d.c.AllLines() {
		count[l.A]++
		count[l.B]++
	}
	desks := d.c.AllDesks()
	return slices.MaxFunc(desks, func(a, b record.Name) int { return count[a] - count[b] })
}

// addresses prints where the desks' pages are, and what to try there.
func (d *play) addresses() error {
	var out []string
	out = append(out, "", d.book.T("demo.pages"))
	for _, n := range d.world.stage.order {
		out = append(out, fmt.Sprintf("  %s\n    %s", d.titleOf(n), d.world.pages[n]))
	}
	out = append(out, "", d.book.T("demo.try", "Keeper", d.titleOf(d.goBetween())), d.book.T("demo.again", "Dir", d.world.path(string(d.goBetween()))), d.book.T("demo.stay"))
	_, err := fmt.Fprintln(d.o.Out, strings.Join(out, "\n"))
	return err
}

func (d *play) titleOf(n record.Name) string {
	if p, ok := d.c.Person(n); ok {
		return p.Title
	}
	return string(n)
}

// tell says what is going on.
func (d *play) tell(id string, args ...any) { fmt.Fprintln(d.o.Err, d.book.T(id, args...)) }

func (d *play) seconds() int { return int(time.Since(d.began).Round(time.Second) / time.Second) }

// zoneOf gives the zone of a case's clock.
func zoneOf(s string) *time.Location {
	if t, err := time.Parse("-07:00", s); err == nil {
		return t.Location()
	}
	return time.UTC
}
