// Package observe watches desks as an eavesdropper and as a relay's operator
// would, and says how well either can tell one conversation from another, or
// from none.
//
// It runs real desks, each in its own process with its own vault, before a real
// relay, over real sockets. A recording proxy on every wire is the observer
// outside: times and sizes of what passes, both ways. The relay's own account of
// every exchange is the observer inside. What the people do changes from window
// to window, in random order; a classifier learns to tell two kinds of window
// apart, and is judged on windows that it has not seen.
//
// Two controls show that the observer is not blind: a desk that sends when it
// has something to send, and one that keeps the beat but works only when it has
// something. They live here, in sender.go, and are no option of any product's
// desk. A third control, silence against silence, shows that it sees nothing
// where there is nothing.
//
// docs/observer.md tells what was found.
package observe
