package exchange

import (
	"bytes"
	"encoding"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/record"
)

var rewrite = flag.Bool("rewrite", false, "write spec/exchange.schema.json anew")

// bodies are the kinds that the schema states field by field. A body of any
// other kind is an object.
func bodies() []record.Body {
	return []record.Body{
		record.Person{}, record.Party{}, record.Role{}, record.Credential{}, record.Instruction{}, record.Rule{}, record.Approach{},
		record.Open{}, record.Close{}, record.Message{}, record.Conveyance{}, record.ReadBack{}, record.Note{}, record.Comparison{}, record.TimeZone{},
		accord.Term{}, accord.Package{}, accord.Act{}, accord.Performance{}, accord.NothingOwed{}, accord.Event{},
		record.PersonStatus{}, record.ProofOfLife{}, accord.Sounding{}, accord.SoundingAnswer{}, accord.Criticism{}, accord.Translation{},
		accord.Confirmation{}, accord.ChannelKey{}, accord.Attestation{},
		circle.Disclosure{}, circle.Request{}, circle.Answer{}, circle.PlannedLine{}, circle.Incident{}, circle.IncidentStep{}, circle.Plan{},
		circle.Notification{}, circle.Account{}, circle.Retention{},
	}
}

// object is a JSON object of the schema.
type object map[string]any

// shapes makes a schema from the types that are exported, so that it cannot
// say something else than the program writes.
type shapes struct{ defs object }

func (s *shapes) of(t reflect.Type) any {
	text := reflect.TypeFor[encoding.TextMarshaler]()
	switch {
	case t == reflect.TypeFor[json.RawMessage]():
		return object{"type": "object"}
	case t == reflect.TypeFor[[]byte]():
		return object{"type": "string", "contentEncoding": "base64"}
	case t.Implements(text) && t.Kind() == reflect.Array:
		return object{"type": "string", "pattern": "^([0-9a-f]{" + itoa(2*t.Len()) + "})?$"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Uint64, reflect.Uint16:
		return object{"type": "integer"}
	case reflect.Slice:
		return object{"type": []string{"array", "null"}, "items": s.of(t.Elem())}
	case reflect.Struct:
		return s.object(t)
	}
	panic("the schema has no word for " + t.String())
}

func itoa(n int) string {
	b, err := json.Marshal(n)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (s *shapes) object(t reflect.Type) any {
	name := t.Name()
	ref := object{"$ref": "#/$defs/" + name}
	if s.defs[name] != nil {
		return ref
	}
	out := object{"type": "object", "additionalProperties": false}
	s.defs[name] = out
	properties, required := object{}, []string{}
	for i := range t.NumField() {
		tag, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if tag == "" {
			panic(t.Name() + "." + t.Field(i).Name + " has no name in JSON")
		}
		properties[tag] = s.of(t.Field(i).Type)
		if options == "" {
			required = append(required, tag)
		}
	}
	out["properties"], out["required"] = properties, required
	return ref
}

// schemas are the files of the schemas that are published, and what is in them.
func schemas() map[string][]byte {
	return map[string][]byte{
		"exchange.schema.json": schema(),
		"dossier.schema.json":  schemaOf(reflect.TypeFor[Dossier](), DossierFormat, "urn:backchannel:dossier:1", "What people say happened, beside the record, as one reader was given both"),
	}
}

// schema gives spec/exchange.schema.json.
func schema() []byte {
	return schemaOf(reflect.TypeFor[File](), Format, "urn:backchannel:exchange:1", "A record as one reader was given it")
}

func schemaOf(top reflect.Type, format, id, title string) []byte {
	s := &shapes{object{}}
	root := s.of(top)
	entry, ok := s.defs["FileEntry"].(object)
	if !ok {
		panic("the export has no entries")
	}
	var cases []any
	kindIs := func(path string, k record.Kind) object {
		return object{"properties": object{path: object{"const": k}}}
	}
	now := []any{}
	for _, b := range bodies() {
		ref := s.of(reflect.TypeOf(b))
		cases = append(cases, object{"if": kindIs("kind", b.Kind()), "then": object{"properties": object{"body": ref}}})
		now = append(now, object{"if": kindIs("kind", b.Kind()), "then": object{"properties": object{"now": ref}}})
	}
	fix := s.of(reflect.TypeFor[fileCorrection]())
	s.defs["fileCorrection"].(object)["allOf"] = now
	entry["allOf"] = append(cases, object{"if": kindIs("kind", record.KindCorrection), "then": object{"properties": object{"body": fix}}})
	moment := object{"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`}
	for def, fields := range map[string][]string{top.Name(): {"made"}, "FileEntry": {"at"}, "FileInterval": {"from", "to"}} {
		for _, f := range fields {
			s.defs[def].(object)["properties"].(object)[f] = moment
		}
	}
	s.defs[top.Name()].(object)["properties"].(object)["format"] = object{"const": format}
	out := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": id, "title": title,
		"$comment": "Made from the program's own types; docs/exchange.md says what the fields mean.", "$defs": s.defs,
	}
	for k, v := range root.(object) {
		out[k] = v
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(out); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// TestSchemaIsCurrent compares the published schema with the types.
// `go test ./internal/exchange -run TestSchemaIsCurrent -rewrite` writes it.
func TestSchemaIsCurrent(t *testing.T) {
	for file, want := range schemas() {
		name := filepath.Join("..", "..", "spec", file)
		if *rewrite {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b, want) {
			t.Errorf("spec/%s is not what the program writes; run: go test ./internal/exchange -run TestSchemaIsCurrent -rewrite", file)
		}
	}
}

func compiled(t *testing.T, schema []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("exchange.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("exchange.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, raw []byte) error {
	t.Helper()
	return validateBy(t, schema(), raw)
}

func validateBy(t *testing.T, schema, raw []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return compiled(t, schema).Validate(v)
}

func TestExportsValidate(t *testing.T) {
	r := filled(t)
	for _, reader := range []record.Name{"envoy", "colonel", "go-between"} {
		raw := exported(t, r, reader)
		if err := validate(t, raw); err != nil {
			t.Errorf("the export for %s: %v", reader, err)
		}
		for _, spoil := range [][2]string{
			{`"kind":"message"`, `"kind":"credential"`}, {`"format":"backchannel-record/1"`, `"format":"x"`}, {`"fidelity":`, `"loudness":`}, {`"body":{`, `"body":[],"x":{`},
		} {
			bad := strings.Replace(string(raw), spoil[0], spoil[1], 1)
			if bad == string(raw) {
				t.Fatalf("%s has no %s", reader, spoil[0])
			}
			if validate(t, []byte(bad)) == nil {
				t.Errorf("with %s it still validates", spoil[1])
			}
		}
	}
}
