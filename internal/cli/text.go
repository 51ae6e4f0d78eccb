package cli

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	"github.com/BurntSushi/toml"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

//go:embed cli.en.toml
var interim string

// say gives the text of that id from the catalogue. Args are pairs of a name
// and a value.
func (a *app) say(id string, args ...any) string {
	if s := a.sayIf(id, args...); s != "" {
		return s
	}
	return id
}

func (a *app) sayIf(id string, args ...any) string {
	var all map[string]string
	if _, err := toml.Decode(interim, &all); err != nil {
		panic(err)
	}
	m := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i].(string)] = args[i+1]
	}
	var b strings.Builder
	if err := template.Must(template.New("").Parse(all[id])).Execute(&b, m); err != nil {
		panic(err)
	}
	return b.String()
}

// text gives an error in words.
func (a *app) text(err error) string { return err.Error() }

func (a *app) sentence(v *view.View, e record.Entry) string {
	return fmt.Sprintf("%s %+v", e.Body.Kind(), e.Body)
}

func (a *app) printEntry(w io.Writer, v *view.View, e record.Entry) {
	fmt.Fprintln(w, "  "+a.sentence(v, e))
}

// printLines prints the lines, one each.
func (a *app) printLines(w io.Writer, lines []desk.LineStatus) error {
	if len(lines) == 0 {
		return line(w, a.say("cli.lines.none"))
	}
	for _, l := range lines {
		err := line(w, a.say("cli.lines."+string(l.Phase), "Peer", string(l.Peer), "Compared", l.Compared, "Queued", l.Queued,
			"Wait", l.Wait.Round(time.Second).String(), "Expires", l.Expires.String(), "Trouble", l.Trouble))
		if err != nil {
			return err
		}
	}
	return nil
}

// printRelay prints what the desk knows of its relay, and what it costs.
func (a *app) printRelay(w io.Writer, s desk.RelayStatus) error {
	if s.Address == "" {
		return line(w, a.say("cli.relay.none"))
	}
	err := line(w, a.say("cli.relay.at", "Address", s.Address, "Cohort", s.Cohort, "Online", s.Online, "Tick", s.Tick, "Period", s.Period.String(),
		"Enrolled", s.Enrolled, "Capacity", s.Capacity, "Vouched", s.Vouched, "Up", size(s.BytesUp), "Down", size(s.BytesDown), "Day", size(s.DayBytes)))
	if err == nil && s.Trouble != "" {
		err = line(w, a.say("cli.relay.trouble", "Trouble", s.Trouble))
	}
	return err
}

// size writes bytes as people read them.
func size(n uint64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d bytes", n)
}

type stub struct{}

func (a *app) words(v *view.View) stub { return stub{} }
func (stub) Standing(v any) any        { return v }
func (stub) Owes(v any) any            { return v }
func (stub) Path(v any) any            { return v }
func (stub) Comparison(v any) any      { return v }
func (stub) Alarms(v any) any          { return v }
func (a *app) print(w io.Writer, v any) error {
	_, err := fmt.Fprintf(w, "%+v\n", v)
	return err
}
func (a *app) printItem(w io.Writer, v *view.View, it record.Seen) error    { return a.print(w, it) }
func (a *app) printItems(w io.Writer, v *view.View, it []record.Seen) error { return a.print(w, it) }
func (a *app) printPaths(w io.Writer, v *view.View, p shownPaths) error     { return a.print(w, p) }
func (a *app) hint(err error) string                                        { return fault.HintOf(err) }
