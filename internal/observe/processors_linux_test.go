package observe

import (
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// Desk processes have the last processor to themselves, on every thread, and it
// is given back.
func TestDeskProcessesHaveAProcessorOfTheirOwn(t *testing.T) {
	threads := func() (out []unix.CPUSet) {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range tasks {
			id, _ := strconv.Atoi(x.Name())
			var set unix.CPUSet
			if unix.SchedGetaffinity(id, &set) == nil { // else it has ended
				out = append(out, set)
			}
		}
		return out
	}
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	last, back := share()
	defer back()
	if before.Count() < 2 {
		if last != 0 {
			t.Fatalf("processor %d is set apart, of one", last)
		}
		t.Skip("there is one processor")
	}
	if last == 0 {
		t.Skip("this machine does not let a program choose its processors")
	}
	for _, set := range threads() {
		if set.IsSet(last) || set.Count() != before.Count()-1 {
			t.Errorf("a thread may use %v, of %v, and %d is set apart", set, before, last)
		}
	}
	if err := only(last); err != nil {
		t.Fatal(err)
	}
	for _, set := range threads() {
		if !set.IsSet(last) || set.Count() != 1 {
			t.Errorf("a thread of a desk process may use %v, and not %d alone", set, last)
		}
	}
	if err := back(); err != nil {
		t.Fatal(err)
	}
	for _, set := range threads() {
		if set != before {
			t.Errorf("a thread may use %v, and not %v as before", set, before)
		}
	}
}
