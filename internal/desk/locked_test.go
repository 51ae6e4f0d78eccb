package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"backchannel/internal/fault"
)

// lockable is a desk on a stage that is locked and unlocked.
type lockable struct {
	s *stage
	l *Locked
}

func (k *lockable) lock() {
	l, err := k.s.a.Lock()
	if err != nil {
		k.s.t.Error("lock:", err)
		return
	}
	k.l = l
}

func (k *lockable) unlock() {
	if _, err := k.l.Unlock(context.Background(), []byte("wrong")); !fault.Is(err, fault.Passphrase) {
		k.s.t.Error("a wrong passphrase:", err)
	}
	d, err := k.l.Unlock(context.Background(), pass)
	if err != nil {
		k.s.t.Error("unlock:", err)
		return
	}
	k.s.a, k.l = d, nil
}

// lockedWorkloads are what a keeper does with a lock, and others meanwhile.
func lockedWorkloads() []workload {
	var k lockable
	at := func(s *stage, tick, from, to int) bool {
		switch tick {
		case from:
			k = lockable{s: s}
			k.lock()
		case to:
			k.unlock()
		}
		return tick > from && tick < to
	}
	return []workload{
		{"locked, and silence", func(s *stage, tick int) { at(s, tick, 3, 33) }},
		{"locked while the other talks", func(s *stage, tick int) {
			if at(s, tick, 3, 33) && tick%2 == 0 {
				s.reply(fmt.Sprint("while you were away ", tick))
			}
		}},
		{"locked with much to say", func(s *stage, tick int) {
			if tick == 2 {
				s.say(strings.Repeat("much ", 1600))
			}
			at(s, tick, 5, 25)
		}},
		{"locked and unlocked often", func(s *stage, tick int) {
			switch tick % 4 {
			case 0:
				k = lockable{s: s}
				k.lock()
			case 2:
				k.unlock()
				s.say(fmt.Sprint("between ", tick))
			case 3:
				s.reply(fmt.Sprint("answer ", tick))
			}
		}},
	}
}

// TestLaw2_LockedIsTheSame (INBOX-8): what goes over the wire, and the work of a tick, do
// not tell whether a desk is locked, nor when that was.
func TestLaw2_LockedIsTheSame(t *testing.T) {
	base := observe(t, silence)
	for _, w := range lockedWorkloads() {
		t.Run(w.name, func(t *testing.T) {
			var heard []string
			last := w.do
			w.do = func(s *stage, tick int) {
				last(s, tick)
				if tick == lawTicks-1 {
					heard = texts(t, s.a, "envoy")
				}
			}
			got := observe(t, w)
			if diff := sameTrace(base, got); diff != "" {
				t.Fatalf("it can be told from silence: %s", diff)
			}
			switch w.name {
			case "locked while the other talks":
				var want []string
				for tick := 4; tick < 33; tick += 2 {
					want = append(want, fmt.Sprint("while you were away ", tick))
				}
				if !slices.Equal(heard, want) {
					t.Errorf("after unlocking there is %q", heard)
				}
			case "locked with much to say":
				if got.came != 1 {
					t.Errorf("%d messages came", got.came)
				}
			}
		})
	}
}
