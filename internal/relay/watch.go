package relay

import "time"

// Seen is one exchange as the relay's operator can see it: all of it, since he
// may change his program as he likes. Times are the machine's.
type Seen struct {
	Cohort   string
	Slot     int
	Request  Request // Cell is the request's own memory, and must not be changed
	Verdict  Verdict
	Slates   int       // in the reply
	Came     time.Time // the request was read
	Stored   time.Time // its cell was durable, or refused
	Answered time.Time // the reply was written
}
