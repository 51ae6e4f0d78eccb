package desk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/relay/relaytest"
)

// smallDisk is a disk of its own. Only root can have one.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	mnt := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", mnt).CombinedOutput(); err != nil {
		t.Skipf("cannot mount a small disk: %v %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", mnt).Run() })
	return mnt
}

// fill leaves no byte of a disk, and gives what makes room again.
func fill(t *testing.T, disk string) (free func()) {
	t.Helper()
	name := filepath.Join(disk, "other people's files")
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{64 << 10, 4096, 1} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, io.ErrShortWrite) {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTrialFullDisk: one of two desks runs out of disk while both write. What its
// keeper was told is kept is there; what the other sent comes when there is room,
// in order and once. It is a trial, since on a machine that is too busy for its
// ticks it takes minutes.
func TestTrialFullDisk(t *testing.T) {
	conduct(t, "full-disk", 0, fullDisk)
}

func fullDisk(t *testing.T, counts map[string]int) {
	disk := smallDisk(t, "24m")
	rel := startRelay(t, relaytest.Options{})
	a, _ := open(t, "go-between", Options{})
	b, dir := openIn(t, disk, "envoy", Options{})
	if err := a.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[0]); err != nil {
		t.Fatal(err)
	}
	join(t, a, b, rel.Tickets[1])
	sent := []string{}
	send := func() {
		sent = append(sent, fmt.Sprint("message ", len(sent)))
		if _, err := a.Write(t.Context(), Commit, say(a, "envoy", sent[len(sent)-1])); err != nil {
			t.Fatal(err)
		}
	}
	send()
	eventually(t, "the first message comes", func() bool { return len(texts(t, b, "go-between")) == 1 })

	free := fill(t, disk)
	noted := []string{}
	for {
		text := fmt.Sprint(len(noted), " ", strings.Repeat("x", 4000))
		_, err := b.Write(t.Context(), Commit, record.Entry{Body: record.Note{Text: text}})
		if err == nil && len(noted) < 4000 {
			noted = append(noted, text)
			continue
		}
		if !fault.Is(err, fault.Disk) {
			t.Fatalf("after %d notes: %v", len(noted), err)
		}
		break
	}
	for range 100 { // more than a desk without disk can hold
		send()
	}
	up := func() uint64 {
		r, err := b.Relay(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r.BytesUp
	}
	before := up()
	eventually(t, "it goes on sending at every tick", func() bool { return up() > before+20*1024 })
	if _, err := b.Write(t.Context(), Commit, record.Entry{Body: record.Note{Text: strings.Repeat("y", 64<<10)}}); !fault.Is(err, fault.Disk) {
		t.Errorf("the disk is still full: %v", err)
	}

	free()
	check := func(b *Desk) {
		t.Helper()
		defer func() {
			if t.Failed() {
				r, err := b.Relay(t.Context())
				l, lerr := b.Lines(t.Context())
				t.Logf("%d of %d; %+v, %v; %+v, %v", len(texts(t, b, "go-between")), len(sent), r, err, l, lerr)
			}
		}()
		eventually(t, "all messages come", func() bool { return len(texts(t, b, "go-between")) >= len(sent) })
		if got := texts(t, b, "go-between"); !slices.Equal(got, sent) {
			t.Errorf("%d messages came, of %d, or in another order: %q", len(got), len(sent), got)
		}
		r, err := b.Record(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var have []string
		for _, it := range r.Known() {
			if n, ok := it.Body.(record.Note); ok {
				have = append(have, n.Text)
			}
		}
		if len(have) < len(noted) || !slices.Equal(have[:len(noted)], noted) {
			t.Errorf("%d notes are there, and %d were acknowledged", len(have), len(noted))
		}
	}
	check(b)
	if _, err := b.Write(t.Context(), Commit, say(b, "go-between", "there is room again")); err != nil {
		t.Fatal(err)
	}
	if r, err := b.Relay(t.Context()); err != nil || r.Trouble != "" {
		t.Errorf("there is room again, and the desk says %q, %v", r.Trouble, err)
	}
	eventually(t, "the answer comes", func() bool { return slices.Contains(texts(t, a, "envoy"), "there is room again") })
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	check(reopen(t, dir, Options{}))
	counts["sent"], counts["noted"] = len(sent), len(noted)
}
