package cli

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// correctCmd enters what an entry of the keeper's should have said. The old
// one stays.
type correctCmd struct {
	ID       string   `arg:""`
	Set      []string `placeholder:"FIELD=VALUE" sep:"none"`
	Reason   string   `placeholder:"TEXT"`
	Withdraw bool
	sending
	Text []string `arg:"" optional:""`
}

// Run enters it, and sends it to whoever was given the old entry.
func (c *correctCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		old, err := d.find(c.ID)
		if err != nil {
			return err
		}
		if old.By != d.h.Keeper() {
			return fault.New(fault.Refused, "cli.correct-foreign", "log your own account beside it with `backchannel log`", "people correct what they wrote themselves, and %s wrote this", old.By)
		}
		if c.Withdraw {
			d.e.Corrects, d.e.Audience = old.ID, old.Audience
			d.e.Body = record.Correction{Now: record.Withdrawn{Of: old.Body.Kind()}, Reason: c.Reason}
			return a.write(d.h, c.sending, d.e)
		}
		set := c.Set
		if words != "" {
			set = append(set, "text="+words)
		}
		now, err := amended(old.Body, set)
		if err != nil {
			return err
		}
		d.e.Corrects, d.e.Audience = old.ID, old.Audience
		d.e.Body = record.Correction{Now: now, Reason: c.Reason}
		return a.write(d.h, c.sending, d.e)
	})
}

// amended gives body with fields set, by the names that --json shows.
func amended(body record.Body, set []string) (record.Body, error) {
	if len(set) == 0 {
		return nil, fault.New(fault.Malformed, "cli.correct-nothing", "write the right words behind the id, or set fields with --set fidelity=hearsay", "nothing is corrected")
	}
	switch body.(type) {
	case record.Unknown:
		return nil, fault.New(fault.Refused, "cli.correct-kind", "bring this program up to date", "an entry of a kind that this program does not know")
	case accord.Term, accord.Package:
		return nil, fault.New(fault.Refused, "cli.correct-text", "propose a new version with `backchannel propose`", "a text is not corrected: an edit makes a new version, on which nobody stands yet")
	case accord.Act:
		return nil, fault.New(fault.Refused, "cli.correct-act", "act again with `backchannel act`, or log your own account with `backchannel log`", "where somebody stood is not corrected: he moves by a new act")
	}
	b, err := json.Marshal(body)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "cli.correct", "", "the entry does not encode")
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "cli.correct", "", "the entry does not encode")
	}
	for _, s := range set {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return nil, fault.New(fault.Malformed, "cli.correct-set", "write it as in fidelity=hearsay", "%q does not set a field", s)
		}
		fields[name] = jsonValue(body, name, value)
	}
	if b, err = json.Marshal(fields); err != nil {
		return nil, fault.Wrap(err, fault.Malformed, "cli.correct-set", "write it as in fidelity=hearsay", "these fields do not fit")
	}
	out := reflect.New(reflect.TypeOf(body))
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(out.Interface()); err != nil {
		return nil, fault.Wrap(err, fault.Malformed, "cli.correct-set", "`backchannel record ID --json` shows the fields of an entry", "these fields do not fit an entry of the kind %s", body.Kind())
	}
	now := out.Elem().Interface().(record.Body)
	return now, now.Check()
}

// jsonValue gives value as JSON: as it stands for fields that are not text.
func jsonValue(body record.Body, name, value string) json.RawMessage {
	t := reflect.TypeOf(body)
	for i := range t.NumField() {
		tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if tag == name && t.Field(i).Type.Kind() != reflect.String && json.Valid([]byte(value)) {
			return json.RawMessage(value)
		}
	}
	b, err := json.Marshal(value)
	if err != nil {
		return nil // a string always encodes
	}
	return b
}
