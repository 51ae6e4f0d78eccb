// Package jetstream keeps a relay's bundles in NATS JetStream, embedded: no
// listener, one connection inside the process, every message synced to disk
// before it is acknowledged. It is the only importer of NATS.
//
// Its contract is relay.Log. One stream is one shard's log. Appends name the
// sequence that they follow (a second writer is found out) and carry the
// bundle's id as message id (the server recognises a retry). Streams never
// drop old messages by themselves: the relay trims, since only it knows which
// snapshot the log may begin with; a hard cap refuses appends above twice what
// the relay means to keep.
package jetstream

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
)

// Options of a store. Zero fields take the default.
type Options struct {
	Shards   int   // logs; 1. Must not change for a folder.
	LogBytes int64 // hard cap of each log; 16 GiB
}

// store is the embedded server that the logs share.
type store struct {
	srv *server.Server
	nc  *nats.Conn

	mu   sync.Mutex
	open int // logs not closed
}

// Opener gives what relay.Config.OpenLogs takes: logs under the data folder.
func Opener(o Options) func(ctx context.Context, dir string) ([]relay.Log, error) {
	return func(ctx context.Context, dir string) ([]relay.Log, error) {
		return Open(ctx, filepath.Join(dir, "log"), o)
	}
}

// Open starts JetStream in a folder and gives its logs, in order. When the
// last of them is closed the server stops.
func Open(ctx context.Context, dir string, o Options) ([]relay.Log, error) {
	if o.Shards == 0 {
		o.Shards = 1
	}
	if o.LogBytes == 0 {
		o.LogBytes = 16 << 30
	}
	st, err := start(dir, o)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(st.nc)
	if err != nil {
		st.shutdown()
		return nil, engine(err, "cannot reach JetStream")
	}
	logs, err := streams(ctx, st, js, o)
	if err != nil {
		st.shutdown()
		return nil, err
	}
	return logs, nil
}

func engine(err error, what string) error {
	return fault.Wrap(err, fault.Disk, "relay.jetstream", "check the disk of the relay's data folder", "%s", what)
}

func start(dir string, o Options) (*store, error) {
	srv, err := server.NewServer(&server.Options{
		ServerName: "backchannel-relay",
		DontListen: true, NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: filepath.Clean(dir), SyncAlways: true,
		JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: int64(o.Shards)*o.LogBytes + 1<<30,
		MaxPayload: 2 * relay.MaxBundleBytes, MaxPending: 8 * relay.MaxBundleBytes,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, engine(err, "cannot start JetStream")
	}
	srv.Start()
	st := &store{srv: srv}
	if !srv.ReadyForConnections(30 * time.Second) {
		st.shutdown()
		return nil, engine(errors.New("not ready after 30 s"), "cannot start JetStream")
	}
	if st.nc, err = nats.Connect("", nats.InProcessServer(srv), nats.MaxReconnects(-1)); err != nil {
		st.shutdown()
		return nil, engine(err, "cannot reach JetStream")
	}
	return st, nil
}

func (st *store) shutdown() {
	if st.nc != nil {
		st.nc.Close()
	}
	st.srv.Shutdown()
	st.srv.WaitForShutdown()
}

func (st *store) release() {
	st.mu.Lock()
	st.open--
	last := st.open == 0
	st.mu.Unlock()
	if last {
		st.shutdown()
	}
}

// streams opens or makes the stream of each shard. A folder with more shards
// than asked for would hide cohorts: it is refused.
func streams(ctx context.Context, st *store, js jetstream.JetStream, o Options) ([]relay.Log, error) {
	var logs []relay.Log
	names := js.StreamNames(ctx)
	have := 0
	for range names.Name() {
		have++
	}
	if err := names.Err(); err != nil {
		return nil, engine(err, "cannot list the logs")
	}
	if have != 0 && have != o.Shards {
		return nil, fault.New(fault.Refused, "relay.shards", "start it with as many shards as it was made with",
			"the data folder has %d logs, not %d", have, o.Shards)
	}
	for i := range o.Shards {
		name := fmt.Sprintf("shard-%d", i)
		s, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
			Name: name, Subjects: []string{"bundle." + name},
			Storage: jetstream.FileStorage, Replicas: 1, Retention: jetstream.LimitsPolicy,
			Discard: jetstream.DiscardNew, MaxBytes: o.LogBytes, MaxMsgs: -1,
			MaxMsgSize: 2 * relay.MaxBundleBytes, AllowDirect: true, DenyDelete: true,
		})
		if err != nil {
			return nil, engine(err, "cannot open a log")
		}
		logs = append(logs, &stream{st: st, js: js, s: s, subject: "bundle." + name})
		st.open++
	}
	return logs, nil
}

// stream is one shard's log.
type stream struct {
	st      *store
	js      jetstream.JetStream
	s       jetstream.Stream
	subject string

	mu     sync.Mutex
	closed bool
}

func (l *stream) alive() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return relay.ErrLogClosed
	}
	return nil
}

// Append implements relay.Log. The publish returns when the message is synced.
func (l *stream) Append(ctx context.Context, prev uint64, id string, bundle []byte) (uint64, error) {
	if err := l.alive(); err != nil {
		return 0, err
	}
	msg := &nats.Msg{Subject: l.subject, Data: bundle, Header: nats.Header{}}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	ack, err := l.js.PublishMsg(ctx, msg, jetstream.WithMsgID(id), jetstream.WithExpectLastSequence(prev))
	if err != nil {
		var api *jetstream.APIError
		if errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
			return 0, relay.ErrConflict
		}
		return 0, engine(err, "cannot append to the log")
	}
	if ack.Duplicate || ack.Sequence != prev+1 {
		return 0, relay.ErrConflict // it is there already; the reader will find it
	}
	return ack.Sequence, nil
}

// Bounds implements relay.Log.
func (l *stream) Bounds(ctx context.Context) (uint64, uint64, error) {
	i, err := l.info(ctx)
	if err != nil {
		return 0, 0, err
	}
	first, last := i.State.FirstSeq, i.State.LastSeq
	if i.State.Msgs == 0 {
		first = last + 1
	}
	return first, last, nil
}

func (l *stream) info(ctx context.Context) (*jetstream.StreamInfo, error) {
	if err := l.alive(); err != nil {
		return nil, err
	}
	i, err := l.s.Info(ctx)
	if err != nil {
		return nil, engine(err, "cannot read the log's state")
	}
	return i, nil
}

// few is how many bundles are fetched one by one; more are streamed.
const few = 32

// Scan implements relay.Log.
func (l *stream) Scan(ctx context.Context, from, to uint64, each func(uint64, []byte) error) error {
	first, last, err := l.Bounds(ctx)
	if err != nil {
		return err
	}
	from, to = max(from, first), min(to, last)
	if from > to {
		return nil
	}
	if to-from >= few {
		return l.streamed(ctx, from, to, each)
	}
	for seq := from; seq <= to; seq++ {
		m, err := l.s.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // trimmed meanwhile
		}
		if err != nil {
			return engine(err, "cannot read the log")
		}
		if err := each(seq, m.Data); err != nil {
			return err
		}
	}
	return nil
}

// streamed reads many bundles through an ordered consumer.
func (l *stream) streamed(ctx context.Context, from, to uint64, each func(uint64, []byte) error) error {
	c, err := l.js.OrderedConsumer(ctx, l.s.CachedInfo().Config.Name, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return engine(err, "cannot read the log")
	}
	it, err := c.Messages(jetstream.PullMaxMessages(64))
	if err != nil {
		return engine(err, "cannot read the log")
	}
	defer it.Stop()
	defer context.AfterFunc(ctx, it.Stop)()
	for {
		m, err := it.Next()
		if err != nil {
			return engine(errors.Join(err, ctx.Err()), "cannot read the log")
		}
		md, err := m.Metadata()
		if err != nil {
			return engine(err, "cannot read the log")
		}
		seq := md.Sequence.Stream
		if seq > to {
			return nil
		}
		if err := each(seq, m.Data()); err != nil {
			return err
		}
		if seq == to {
			return nil
		}
	}
}

// Trim implements relay.Log.
func (l *stream) Trim(ctx context.Context, before uint64) error {
	if err := l.alive(); err != nil {
		return err
	}
	if before == 0 {
		return nil
	}
	if err := l.s.Purge(ctx, jetstream.WithPurgeSequence(before)); err != nil {
		return engine(err, "cannot trim the log")
	}
	return nil
}

// Size implements relay.Log.
func (l *stream) Size(ctx context.Context) (int64, error) {
	i, err := l.info(ctx)
	if err != nil {
		return 0, err
	}
	return int64(i.State.Bytes), nil
}

// Close implements relay.Log.
func (l *stream) Close() error {
	l.mu.Lock()
	was := l.closed
	l.closed = true
	l.mu.Unlock()
	if !was {
		l.st.release()
	}
	return nil
}
