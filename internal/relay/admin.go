package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"backchannel/internal/fault"
)

// The operator speaks to a running relay through a socket in its data folder.
// Whoever can open the folder is the operator.

const (
	adminSocket   = "admin.sock"
	maxAdminBytes = 1 << 20
)

// Status is what an operator is shown: counts, never who.
type Status struct {
	Address string         `json:"address"`
	Cohorts []CohortStatus `json:"cohorts"`
}

// CohortStatus is one cohort in Status.
type CohortStatus struct {
	Timetable Timetable `json:"timetable"`
	Enrolled  int       `json:"enrolled"`
	Connected int       `json:"connected"`
	Unspent   int       `json:"unspent_tickets"`
	Version   uint32    `json:"charter_version"`
	Head      uint64    `json:"head"`
}

type ticketRequest struct {
	Cohort string    `json:"cohort"`
	N      int       `json:"n"`
	Expiry time.Time `json:"expiry"`
}

type ticketReply struct {
	Tickets []string `json:"tickets"`
}

type adminError struct {
	Kind fault.Kind `json:"kind"`
	ID   string     `json:"id"`
	Text string     `json:"text"`
	Hint string     `json:"hint"`
}

// Status gives the counts.
func (s *Server) Status() Status {
	out := Status{Address: s.addr.String(), Cohorts: []CohortStatus{}}
	connected := map[string]int{}
	s.mu.Lock()
	for k := range s.live {
		connected[k.cohort]++
	}
	s.mu.Unlock()
	for _, sh := range s.shards {
		sh.mu.RLock()
		for _, name := range sh.names() {
			c := sh.cohorts[name]
			out.Cohorts = append(out.Cohorts, CohortStatus{
				Timetable: c.tt, Enrolled: len(c.members), Connected: connected[name], Unspent: c.unspent,
				Version: c.charters.Newest().charter.Roster.Version, Head: c.open,
			})
		}
		sh.mu.RUnlock()
	}
	return out
}

// listenAdmin opens the socket. The data folder is locked, so a socket that
// lies there belongs to nobody.
func (s *Server) listenAdmin(ctx context.Context) error {
	if s.cfg.Dir == "" {
		return nil
	}
	path := filepath.Join(s.cfg.Dir, adminSocket)
	os.Remove(path)
	l, err := listenUnix(ctx, s.cfg.Dir)
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		return fault.Wrap(err, fault.Disk, "relay.admin", "use a shorter path for the data folder", "cannot open %s", path)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.Status(), nil) })
	mux.HandleFunc("POST /tickets", func(w http.ResponseWriter, r *http.Request) {
		var q ticketRequest
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAdminBytes))
		d.DisallowUnknownFields()
		if err := d.Decode(&q); err != nil {
			answer(w, nil, fault.Wrap(err, fault.Malformed, "relay.admin-request", "", "not a request for tickets"))
			return
		}
		ks, err := s.Tickets(r.Context(), q.Cohort, q.N, q.Expiry)
		var out ticketReply
		for _, k := range ks {
			out.Tickets = append(out.Tickets, k.Text())
		}
		answer(w, out, err)
	})
	mux.HandleFunc("GET /members", func(w http.ResponseWriter, r *http.Request) {
		list, err := s.Members(r.URL.Query().Get("cohort"))
		answer(w, memberList{list}, err)
	})
	mux.HandleFunc("POST /remove", func(w http.ResponseWriter, r *http.Request) {
		var q removeRequest
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAdminBytes))
		d.DisallowUnknownFields()
		if err := d.Decode(&q); err != nil {
			answer(w, nil, fault.Wrap(err, fault.Malformed, "relay.admin-request", "", "not a request to remove a member"))
			return
		}
		var at time.Time
		id, err := ParseMember(q.ID)
		if err == nil {
			at, err = s.Remove(r.Context(), q.Cohort, id)
		}
		answer(w, removeReply{at}, err)
	})
	s.admin = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	s.bg.Go(func() { s.admin.Serve(l) })
	return nil
}

// maxSocketPath is what every system takes as a socket's name.
const maxSocketPath = 100

// socketPath gives a name for the socket that is short enough, until done is
// called: a long one is reached through the open folder, where the system
// knows such a way.
func socketPath(dir string) (path string, done func(), err error) {
	path = filepath.Join(dir, adminSocket)
	if len(path) <= maxSocketPath || runtime.GOOS != "linux" {
		return path, func() {}, nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), adminSocket), func() { d.Close() }, nil
}

func listenUnix(ctx context.Context, dir string) (net.Listener, error) {
	path, done, err := socketPath(dir)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // its name may mean something else by then; the next start removes it
	}
	return l, err
}

func answer(w http.ResponseWriter, v any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(fault.Status(err))
		e := adminError{Kind: fault.KindOf(err), ID: "relay.admin", Text: err.Error(), Hint: fault.HintOf(err)}
		var f *fault.Error
		if errors.As(err, &f) {
			e.ID = f.ID
		}
		v = e
	}
	json.NewEncoder(w).Encode(v)
}

// AskTickets asks the relay that runs on a data folder for tickets, as text.
func AskTickets(ctx context.Context, dir, cohort string, n int, expiry time.Time) ([]string, error) {
	var out ticketReply
	err := ask(ctx, dir, "POST", "/tickets", ticketRequest{cohort, n, expiry}, &out)
	return out.Tickets, err
}

// AskStatus asks the relay that runs on a data folder for its counts.
func AskStatus(ctx context.Context, dir string) (Status, error) {
	var out Status
	err := ask(ctx, dir, "GET", "/status", nil, &out)
	return out, err
}

func ask(ctx context.Context, dir, method, path string, q, out any) error {
	gone := func(err error) error {
		return fault.Wrap(err, fault.Unreachable, "relay.not-running", "start it with: backchannel relay", "no relay runs on %s", dir)
	}
	body, err := json.Marshal(q)
	if err != nil {
		return gone(err)
	}
	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		path, done, err := socketPath(dir)
		if err != nil {
			return nil, err
		}
		defer done()
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	defer tr.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, "http://relay"+path, bytes.NewReader(body))
	if err != nil {
		return gone(err)
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return gone(err)
	}
	defer resp.Body.Close()
	d := json.NewDecoder(io.LimitReader(resp.Body, maxAdminBytes))
	if resp.StatusCode != http.StatusOK {
		var e adminError
		if err := d.Decode(&e); err != nil || e.Kind == "" {
			return gone(err)
		}
		return fault.New(e.Kind, e.ID, e.Hint, "%s", e.Text)
	}
	if err := d.Decode(out); err != nil {
		return gone(err)
	}
	return nil
}
