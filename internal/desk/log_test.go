package desk

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/relay/relaytest"
	"backchannel/internal/vault"
)

// scroll is a log that several goroutines write.
type scroll struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *scroll) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// TestLaw5_TheDesksLogNamesNobody: what a desk writes into its log, at the
// finest level and in trouble too, has no name, word, key, address or folder of
// anybody's: who reads it learns when the desk ran.
func TestLaw5_TheDesksLogNamesNobody(t *testing.T) {
	var log scroll
	var never []string
	synctest.Test(t, func(t *testing.T) {
		table := relay.NewTimetable("cohortname", time.Now(), lawPeriod)
		table.Capacity, table.JoinEvery = 8, 4
		rel := relaytest.Memory(t, relaytest.Options{Timetable: table, Tickets: 4})
		dir := memoryDir(t)
		var mu sync.Mutex
		var conns []net.Conn
		gone := false
		dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
			mu.Lock()
			defer mu.Unlock()
			if gone {
				return nil, errors.New("cannot reach " + addr)
			}
			c, err := rel.Dial(ctx, network, addr)
			conns = append(conns, c)
			return c, err
		}
		opt := Options{Dial: dial, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
		s := &put{t: t, rel: rel}
		for _, k := range []record.Name{"go-between", "envoy"} {
			must(t, Create(filepath.Join(dir, string(k)), k, pass, vault.Cheap()))
		}
		s.adir, s.bdir = filepath.Join(dir, "go-between"), filepath.Join(dir, "envoy")
		s.a, s.b = reopen(t, s.adir, opt), reopen(t, s.bdir, opt)
		for i, d := range []*Desk{s.a, s.b} {
			must(t, d.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[i]))
		}
		s.open()
		s.say(s.a, "envoy", "the colonel wants eleven")
		s.say(s.b, "go-between", "ten and no more")
		s.until("the talk", s.quiet)
		lines, err := s.a.Lines(t.Context())
		must(t, err)
		never = append(lines[0].Words, "go-between", "envoy", "colonel", "eleven", "ten and", rel.Addr.HostPort, rel.Addr.Pin.String(), dir, rel.Tickets[0])
		mu.Lock()
		gone = true
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		time.Sleep(40 * lawPeriod)
		s.a.Close()
		s.b.Close()
	})
	out := log.b.String()
	if !strings.Contains(out, "relay reached") || !strings.Contains(out, "relay lost") {
		t.Errorf("the log says too little to be a test: %s", out)
	}
	for _, x := range never {
		if strings.Contains(out, x) {
			t.Errorf("the log holds %q:\n%s", x, out)
		}
	}
}
