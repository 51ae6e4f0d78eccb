package cli

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// patience is how long something may take before the person is told of it.
const patience = time.Second

// during runs work, and says on stderr what is going on if it takes longer
// than a person waits without wondering.
func (a *app) during(id string, work func() error) error {
	if a.root.JSON {
		return work()
	}
	var mu sync.Mutex
	told := false
	t := time.AfterFunc(patience, func() {
		mu.Lock()
		defer mu.Unlock()
		told = true
		fmt.Fprint(a.deps.Err, a.say(id))
	})
	err := work()
	t.Stop()
	mu.Lock()
	defer mu.Unlock()
	if told {
		fmt.Fprintln(a.deps.Err)
	}
	return err
}

// bar shows how far something has come, once it has taken longer than a person
// waits without wondering: in place on a terminal, else a line for each tenth.
type bar struct {
	out    io.Writer
	live   bool
	label  string
	from   time.Time
	now    func() time.Time
	tenths int
	shown  bool
}

func (a *app) bar(id string) *bar {
	b := &bar{out: a.deps.Err, live: a.deps.Live, label: a.say(id), now: a.deps.Now, from: a.deps.Now()}
	if a.root.JSON {
		b.out = io.Discard
	}
	return b
}

func (b *bar) step(done, total int) {
	if total <= 0 || b.now().Sub(b.from) < patience {
		return
	}
	tenths := done * 10 / total
	switch {
	case b.live:
		fmt.Fprintf(b.out, "\r\x1b[K%s %d/%d", b.label, done, total)
		b.shown = true
	case tenths > b.tenths:
		fmt.Fprintf(b.out, "%s %d/%d\n", b.label, done, total)
	}
	b.tenths = max(b.tenths, tenths)
}

// end leaves the line that step wrote on.
func (b *bar) end() {
	if b.shown {
		fmt.Fprintln(b.out)
	}
}
