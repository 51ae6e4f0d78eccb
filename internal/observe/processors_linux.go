package observe

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"backchannel/internal/fault"
)

// In the world every desk has its own machine. Here all share one, and whoever
// writes delays those who take no part. So desk processes have a processor of
// their own, the last one, and everything that a wire can show runs on the others:
// line processes, wires and the relay.

// share leaves the last processor that this process may use to desk processes,
// and gives its number, and what gives it back. The number is 0 where there is
// only one, or where the machine does not allow it: the report says so.
func share() (last int, back func() error) {
	none := func() error { return nil }
	var all unix.CPUSet
	if unix.SchedGetaffinity(0, &all) != nil || all.Count() < 2 {
		return 0, none
	}
	for i := range len(all) * 64 {
		if all.IsSet(i) {
			last = i
		}
	}
	rest := all
	rest.Clear(last)
	back = func() error { return bind(&all) }
	if bind(&rest) != nil {
		back() // some threads may have moved
		return 0, none
	}
	return last, back
}

// only has this process use one processor.
func only(processor int) error {
	var set unix.CPUSet
	set.Set(processor)
	return bind(&set)
}

// bind holds for all threads of this process. A thread that begins meanwhile has
// what the one that began it had, so it goes on until it finds none that is new.
func bind(set *unix.CPUSet) error {
	done := map[int]bool{}
	for before := -1; before < len(done); {
		before = len(done)
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return unbound(err)
		}
		for _, t := range tasks {
			id, err := strconv.Atoi(t.Name())
			if err != nil || done[id] {
				continue
			}
			if err := unix.SchedSetaffinity(id, set); err != nil && err != unix.ESRCH {
				return unbound(err)
			}
			done[id] = true
		}
	}
	return nil
}

func unbound(err error) error {
	return fault.Wrap(err, fault.Internal, "observe.processor", "", "this machine does not let a program choose its processors")
}
