package archtest

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the tables of docs/trials/README.md anew")

// trial is what one trial wrote: docs/trials/<name>.json.
type trial struct {
	t    *testing.T
	name string
	all  map[string]any
}

func openTrial(t *testing.T, name string) trial {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), "docs", "trials", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if all["passed"] != true {
		t.Errorf("%s.json: the trial did not pass", name)
	}
	return trial{t, name, all}
}

// top gives a number that the trial wrote by the side of its counts.
func (r trial) top(name string) float64 {
	r.t.Helper()
	return r.number(r.all, name)
}

func (r trial) count(name string) float64 {
	r.t.Helper()
	counts, _ := r.all["counts"].(map[string]any)
	return r.number(counts, name)
}

func (r trial) number(in map[string]any, name string) float64 {
	r.t.Helper()
	v, ok := in[name].(float64)
	if !ok {
		r.t.Errorf("%s.json has no number %q", r.name, name)
	}
	return v
}

// at gives a count of a desk of n entries, in the unit that it is shown in.
func (r trial) at(n int, name string, unit float64) float64 {
	r.t.Helper()
	return r.count(fmt.Sprintf("%07d %s", n, name)) / unit
}

// figure is what one file of benches says: lines of a name and then numbers,
// each before its unit.
func figure(t *testing.T, file, bench, unit string) float64 {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), "docs", "trials", file))
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(b)) {
		f := strings.Fields(l)
		if len(f) == 0 || strings.TrimRight(strings.TrimRight(f[0], "0123456789"), "-") != bench && f[0] != bench {
			continue
		}
		for i := 2; i < len(f); i++ {
			if f[i] == unit {
				v, err := strconv.ParseFloat(f[i-1], 64)
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
		}
	}
	t.Errorf("docs/trials/%s has no %s of %s", file, unit, bench)
	return 0
}

// two writes a number with two digits that count, and all before the point.
func two(x float64) string {
	if x == 0 {
		return "0"
	}
	return strconv.FormatFloat(x, 'f', max(0, 1-int(math.Floor(math.Log10(x)))), 64)
}

// whole writes a number without a fraction, its thousands apart.
func whole(x float64) string {
	s := strconv.FormatFloat(x, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func dec(digits int) func(float64) string {
	return func(x float64) string { return strconv.FormatFloat(x, 'f', digits, 64) }
}

var lengths = []int{1_000, 10_000, 100_000, 1_000_000}

// scaleRows gives the rows of the tables of docs/trials/README.md, each by what
// stands in its first column.
func scaleRows(t *testing.T) (rows []string) {
	s := openTrial(t, "scale")
	row := func(label string, cell func(n int) string) {
		r := "| " + label + " |"
		for _, n := range lengths {
			r += " " + cell(n) + " |"
		}
		rows = append(rows, r)
	}
	of := func(name string, unit float64, say func(float64) string) func(int) string {
		return func(n int) string { return say(s.at(n, name, unit)) }
	}
	row("one append, durable (ms; the same bytes written and synced plainly)", func(n int) string {
		return fmt.Sprintf("%.2f (%.2f)", s.at(n, "append, durable ns", 1e6), s.at(n, "the same bytes written and synced ns", 1e6))
	})
	row("the ledger that plans read, after an append (µs)", of("ledger after an append ns", 1e3, two))
	row("open from snapshot and tail (s)", of("open, snapshot and tail µs", 1e6, two))
	row("tail behind the snapshot (entries)", of("tail", 1, whole))
	row("decoding the whole journal, and nothing else (s)", of("decoding alone µs", 1e6, two))
	row("replay of the whole journal, per decoding it", of("replay per decoding %", 100, dec(2)))
	row("the same, processor time of all goroutines and the collector", of("replay per decoding, processor time %", 100, dec(2)))
	row("memory of the record (bytes an entry)", of("record, opened, bytes an entry", 1, whole))
	row("memory of record and a view that follows it", of("record and live view bytes an entry", 1, whole))
	row("disk: database, snapshot (bytes an entry)", func(n int) string {
		snapshot := "–" // none is made of so few
		if n > lengths[0] {
			snapshot = whole(s.at(n, "snapshot bytes an entry", 1))
		}
		return whole(s.at(n, "vault.db bytes an entry", 1)) + ", " + snapshot
	})
	row("one view follows; after an append it is brought up to date, with its alarms (µs, median)", of("after an append: brought up to date, with its alarms ns", 1e3, two))
	row("its newest 20 moments (µs)", of("after an append: the newest 20 moments ns", 1e3, two))
	row("its last 20 alarms (µs)", of("after an append: the last 20 alarms ns", 1e3, two))

	for _, view := range []string{"projection and index", "where we stand", "who owes what", "performance", "whose turn", "through whom", "tempo", "alarms"} {
		r := "| " + view
		if view == "alarms" {
			r += fmt.Sprintf(" (%s of them stand)", whole(s.at(1_000_000, "live view: alarms", 1)))
		}
		for _, clock := range []string{"now", "as it stood", "as we knew"} {
			r += " | " + whole(s.at(1_000_000, clock+": "+view+" µs", 1e3))
		}
		rows = append(rows, r+" | "+whole(s.at(10_000, "now: "+view+" µs", 1e3))+" |")
	}
	return rows
}

// label is what tells a row: its first column, without what is in brackets,
// where there are figures too.
func label(row string) string {
	cells := strings.SplitN(row, "|", 3)
	if len(cells) < 3 {
		return ""
	}
	return strings.TrimSpace(regexp.MustCompile(`\([0-9,]+ of them stand\)`).ReplaceAllString(cells[1], ""))
}

// TestTheTablesAreWhatTheTrialsWrote holds docs/trials/README.md against the
// files beside it. With -rewrite it writes the rows anew.
func TestTheTablesAreWhatTheTrialsWrote(t *testing.T) {
	file := filepath.Join(root(t), "docs", "trials", "README.md")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	at := map[string]int{}
	for i, l := range lines {
		if strings.HasPrefix(l, "| ") {
			at[label(l)] = i
		}
	}
	for _, row := range scaleRows(t) {
		i, ok := at[label(row)]
		if !ok {
			t.Errorf("docs/trials/README.md has no row %q", label(row))
			continue
		}
		if lines[i] != row && !*rewrite {
			t.Errorf("docs/trials/README.md says\n\t%s\nand the trial wrote\n\t%s", lines[i], row)
		}
		lines[i] = row
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheSentencesAreWhatTheTrialsWrote holds what is said of trials and benches
// in sentences against the files that they wrote.
func TestTheSentencesAreWhatTheTrialsWrote(t *testing.T) {
	texts := map[string]string{}
	says := func(file, format string, args ...any) {
		t.Helper()
		if texts[file] == "" {
			b, err := os.ReadFile(filepath.Join(root(t), file))
			if err != nil {
				t.Fatal(err)
			}
			texts[file] = strings.Join(strings.Fields(string(b)), " ")
		}
		if want := fmt.Sprintf(format, args...); !strings.Contains(texts[file], want) {
			t.Errorf("%s does not say %q, which is what was measured", file, want)
		}
	}
	const trials = "docs/trials/README.md"

	kills, notes, law2 := openTrial(t, "desk-kills"), openTrial(t, "notification-kills"), openTrial(t, "desk-law2")
	says(trials, "killed %.0f times at random moments of one talk", kills.count("kills"))
	says(trials, "| %.0f notification plans, some told", notes.count("plans"))
	says(trials, "were killed %.0f times, in the middle", notes.count("kills"))
	says(trials, "each of %.0f people was told once", notes.count("told"))
	says("THREATS.md", "%.0f kills in `docs/trials/notification-kills.json`", notes.count("kills"))
	says(trials, "| %s random workloads on a fake clock", whole(law2.count("workloads")))

	s, live := openTrial(t, "scale"), openTrial(t, "scale-live")
	const follow = "after an append: brought up to date, with its alarms ns"
	const worst = "after an append, at worst: brought up to date, with its alarms ns"
	const long, short = 1_000_000, 1_000
	says(trials, "bringing it up to date takes %s times as long in one run and %s times in the other (%s and %s µs). The worst of 60 was %s and %s ms.",
		dec(1)(s.at(long, follow, s.at(short, follow, 1))), dec(1)(live.at(long, follow, live.at(short, follow, 1))),
		two(s.at(long, follow, 1e3)), two(live.at(long, follow, 1e3)), dec(1)(s.at(long, worst, 1e6)), dec(1)(live.at(long, worst, 1e6)))
	wall, cpu := span(s, "replay per decoding %"), span(s, "replay per decoding, processor time %")
	says(trials, "takes %s to %s times decoding on the wall", dec(1)(wall[0]), dec(1)(wall[1]))
	says(trials, "in processor time it is %s to %s", dec(1)(cpu[0]), dec(1)(cpu[1]))

	healing(t, says)
	search := openTrial(t, "line-search")
	says(trials, "%s states, and none is without a way out", whole(search.top("states")))
	benches(t, trials, says)
}

// span gives the least and the most of a percentage over all lengths.
func span(r trial, name string) [2]float64 {
	out := [2]float64{math.Inf(1), 0}
	for _, n := range lengths {
		v := r.at(n, name, 100)
		out[0], out[1] = min(out[0], v), max(out[1], v)
	}
	return out
}

// healing is what is said of a passive thief, in three places.
func healing(t *testing.T, says func(file, format string, args ...any)) {
	h := openTrial(t, "healing")
	run := func(lines, lose float64) (median, worst float64) {
		runs, _ := h.all["runs"].([]any)
		for _, r := range runs {
			if m, ok := r.(map[string]any); ok && m["lines"] == lines && m["losePercent"] == lose {
				return h.number(m, "median"), h.number(m, "worst")
			}
		}
		t.Errorf("healing.json has no run of %v lines that lose %v of 100", lines, lose)
		return 0, 0
	}
	median, worst := run(1, 0)
	_, lost := run(1, 30)
	eight, _ := run(8, 0)
	says("THREATS.md", "half within %.0f ticks, all within %.0f (`docs/trials/healing.json`)", median, worst)
	says("spec/line.md", "half of all thefts are over %.0f ticks after they were made, and all after %.0f; after %.0f when three cells in ten are lost; with eight lines that share the cell, half after %.0f (`docs/trials/healing.json`", median, worst, lost, eight)
}

// benches is what is said of ratios.
func benches(t *testing.T, trials string, says func(file, format string, args ...any)) {
	line := func(bench, unit string) float64 { return figure(t, "bench-line.txt", bench, unit) }
	const tick, talk = "BenchmarkTickBeside", "BenchmarkTalkBeside"
	says(trials, "a tick's work is %s ms, %.0f times bare AES-GCM", two(line(tick, "tick-µs")/1e3), line(tick, "x-aes-gcm"))
	says(trials, "%.1f or %.1f times what age takes", line(tick, "x-age"), line(tick, "x-age-pq"))
	says(trials, "costs both desks together %s ms of such ticks, %.1f times age with either, and about %s times bare AES-GCM", two(line(talk, "line-µs")/1e3), line(talk, "x-age"), whole(math.Round(line(talk, "x-aes-gcm")/100)*100))
	says(trials, "on the wire it is %.2f cells, %s bytes, beside %.0f for age and %s for age with the hybrid KEM", line(talk, "ticks/text"), whole(line(talk, "line-bytes/text")), line(talk, "age-bytes/text"), whole(line(talk, "age-pq-bytes/text")))

	bench := func(bench, unit string) float64 { return figure(t, "bench.txt", bench, unit) }
	const one, four = "BenchmarkDurableCells/shards=1", "BenchmarkDurableCells/shards=4"
	says(trials, "%s of plain write and fdatasync of the same bundles on one shard and %s on four (%.1f and %.1f of the engine alone)", two(bench(one, "ratio")), two(bench(four, "ratio")), bench(one, "engine-ratio"), bench(four, "engine-ratio"))
	says(trials, "a vault's update %s and its tick %s of the same bytes written and synced plainly", two(bench("BenchmarkUpdate", "of-limit")), two(bench("BenchmarkTick", "of-limit")))
	says(trials, "opening and viewing 10,000 entries takes %.1f times decoding them", bench("BenchmarkOpenAndView10000", "x-decoding"))

	proof := func(what string, terms int, unit string) float64 {
		return figure(t, "bench-proof.txt", fmt.Sprintf("BenchmarkTermProof/%s/%d", what, terms), unit)
	}
	three := func(what, unit, format string, per float64, say func(float64) string) string {
		return fmt.Sprintf(format, say(proof(what, 10, unit)/per), say(proof(what, 100, unit)/per), say(proof(what, 1000, unit)/per))
	}
	for _, n := range []int{10, 100, 1000} {
		says(trials, "has %.0f bytes whether the package has 10 terms, 100 or 1,000", proof("verify", n, "bytes"))
	}
	says(trials, "takes %s µs to verify", three("verify", "ns/op", "%s, %s and %s", 1e3, whole))
	says(trials, "A plain signature shows the whole text: %s kB, %s µs.", three("plain-verify", "bytes", "%s, %s and %s", 1e3, two), three("plain-verify", "ns/op", "%s, %s and %s", 1e3, whole))
	says(trials, "To make the file takes %s ms, a plain signature %s ms", three("make", "ns/op", "%s, %s and %s", 1e6, two), three("plain-sign", "ns/op", "%s, %s and %s", 1e6, two))
}
