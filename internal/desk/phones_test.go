package desk

import (
	"context"
	"path/filepath"
	"reflect"
	"testing"

	"backchannel/internal/fault"
)

// TestPhonesAreKept: also over a restart, and not on a desk that moved or came
// back from a backup, where one that was unpaired since would be back.
func TestPhonesAreKept(t *testing.T) {
	d, dir := open(t, "go-between", Options{Offline: true})
	if p, err := d.Phones(t.Context()); err != nil || !reflect.DeepEqual(p, Phones{}) {
		t.Fatalf("a new desk: %+v %v", p, err)
	}
	want := Phones{Root: "/r", At: "192.0.2.1:8443", Host: "192.0.2.1:8443", Cert: []byte{1}, Key: []byte{2}, List: []Phone{{Name: "pocket", Hash: [32]byte{3}, Paired: 4, Used: 5}}}
	if err := d.KeepPhones(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup")
	if _, err := d.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if err := d.KeepPhones(t.Context(), want); !fault.Is(err, fault.Refused) {
		t.Errorf("a closed desk keeps phones: %v", err)
	}
	again := opened(t, dir)
	if got, err := again.Phones(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
	many := want
	for range MaxPhones {
		many.List = append(many.List, Phone{})
	}
	if err := again.KeepPhones(t.Context(), many); !fault.Is(err, fault.Limit) {
		t.Errorf("%d phones: %v", len(many.List), err)
	}
	again.Close()

	back := filepath.Join(t.TempDir(), "back")
	if err := MoveIn(file, back, pass); err != nil {
		t.Fatal(err)
	}
	if got, err := opened(t, back).Phones(t.Context()); err != nil || !reflect.DeepEqual(got, Phones{}) {
		t.Errorf("phones came back with a backup: %+v %v", got, err)
	}
}

// TestPhonesAnswerOverTheSocket: the command line asks the face that is served.
func TestPhonesAnswerOverTheSocket(t *testing.T) {
	d, dir := open(t, "go-between", Options{Offline: true})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- d.ServeControl(ctx, dir) }()
	var r *Remote
	for {
		var err error
		if r, err = Connect(ctx, dir); err == nil {
			break
		}
		if !fault.Is(err, fault.NotFound) {
			t.Fatal(err)
		}
	}
	if _, err := r.Phone(ctx, PhoneOrder{Step: PhoneList}); !fault.Is(err, fault.NotFound) {
		t.Errorf("nobody answers for phones: %v", err)
	}
	d.ServePhones(func(_ context.Context, o PhoneOrder) (PhoneAnswer, error) {
		return PhoneAnswer{Host: o.At + o.Name}, nil
	})
	if a, err := r.Phone(ctx, PhoneOrder{Step: PhonePair, At: "a", Name: "b"}); err != nil || a.Host != "ab" {
		t.Errorf("%+v %v", a, err)
	}
	d.ServePhones(nil)
	if _, err := r.Phone(ctx, PhoneOrder{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("after it: %v", err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
