package casefile

import (
	"errors"
	"fmt"

	"backchannel/internal/fault"
)

// Problem is something wrong with a case file, or with playing it, at one
// line.
type Problem struct {
	File  string
	Line  int
	Fault *fault.Error // what it is, and what to do
}

func (p *Problem) Error() string {
	s := fmt.Sprintf("%s:%d: %v", p.File, p.Line, p.Fault)
	if p.Fault.Hint != "" {
		s += " (" + p.Fault.Hint + ")"
	}
	return s
}

// Unwrap gives the fault, and so its kind.
func (p *Problem) Unwrap() error { return p.Fault }

// maxProblems is how many problems of one file are told at once.
const maxProblems = 20

// Problems gives every Problem that err holds, in the order of the file.
func Problems(err error) []*Problem {
	var one *Problem
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*Problem
		for _, e := range many.Unwrap() {
			out = append(out, Problems(e)...)
		}
		return out
	}
	if errors.As(err, &one) {
		return []*Problem{one}
	}
	return nil
}

// wrong makes the fault of something that cannot be read.
func wrong(id, hint, text string, args ...any) *fault.Error {
	return fault.New(fault.Malformed, "casefile."+id, hint, text, args...)
}

// asProblem puts err at a line. A fault without a remedy gets one.
func asProblem(file string, line int, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		f = fault.Wrap(err, fault.Internal, "casefile.play", "run it again; if it stays, report it with this file", "it could not be done")
	}
	if hint := fault.HintOf(err); f.Hint == "" {
		c := *f
		c.Hint = hint
		if hint == "" {
			c.Hint = "see docs/case-format.md"
		}
		f = &c
	}
	return &Problem{File: file, Line: line, Fault: f}
}
