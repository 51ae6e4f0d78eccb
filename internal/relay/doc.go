// Package relay is the untrusted machine that carries cells: cohorts, their
// timetables and rosters, admission by tickets, slates, retention.
//
// Its contract is spec/relay.md; rules are named [RELAY-n] there and in the
// tests. In short: each member of a cohort sends one cell per tick and gets
// the slate of the tick before, which holds everybody's. A cell is
// acknowledged once it is durable. The relay cannot tell who a cell is for,
// nor whether it is real, and it cannot read: this package imports nothing of
// the record (a test of the house enforces that).
//
// How it hangs together:
//
//   - charter.go, secret.go, address.go, message.go: what is said on the wire,
//     as values; the client (relay/client) uses the same ones.
//   - bundle.go, cohort.go: what is written down, and the state that follows
//     from it. A cohort is a function of its log: no clock, no disk.
//   - log.go: where bundles are kept. Memory is here; relay/jetstream has the
//     durable one, and is the only importer of NATS.
//   - shard.go: the committer. It writes, then applies, then answers.
//   - server.go, session.go: connections, clocks, bounds.
package relay
