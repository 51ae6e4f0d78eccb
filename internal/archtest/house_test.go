package archtest

import "strings"

// place is a package's place in the house.
type place struct {
	may  []string // packages of ours that it may import, besides fault
	core bool     // pure: values and functions
	test bool     // helps tests, and is imported by nothing else
	why  string   // why no more
}

// core, in the order in which one may stand on another.
var core = []string{"lean", "wire", "keys", "record", "accord", "circle", "convey", "compare", "view", "line", "pouch", "bonafides"}

// house is every package there is or will be, by its path under internal/.
// Arrows only go down.
var house = map[string]place{
	"fault": {core: true, why: "everything reports errors with it, so it stands on nothing"},
	"lean":  {core: true, why: "what a result leans on is the same whatever it is a result of"},
	"wire":  {core: true, why: "the encoding knows nothing of what it encodes"},
	"keys":  {core: true, may: []string{"wire"}, why: "names and keys mean nothing by themselves"},
	"record": {core: true, may: []string{"wire", "keys"},
		why: "the record keeps what was said; what it amounts to is for those above to compute"},
	"accord": {core: true, may: []string{"lean", "wire", "keys", "record"},
		why: "agreement is computed from the record alone (law 1)"},
	"circle": {core: true, may: []string{"lean", "wire", "keys", "record", "accord"},
		why: "who knows what is computed from the record alone"},
	"convey": {core: true, may: []string{"wire", "keys", "record", "accord", "circle"},
		why: "a plan of what goes to whom does not know how it gets there"},
	"compare": {core: true, may: []string{"wire", "keys", "record"},
		why: "it holds one line against its other end, byte for byte; what the entries mean is nothing to it"},
	"view": {core: true, may: []string{"lean", "wire", "keys", "record", "accord", "circle"},
		why: "a view reads a record that was projected for its reader (law 5); it carries and sends nothing"},
	"line": {core: true, may: []string{"wire", "keys"},
		why: "the line carries bytes and cannot read them"},

	"pouch": {core: true, may: []string{"keys"},
		why: "what is sealed is a text to it, and who carries it a name"},

	"bonafides": {core: true, may: []string{"keys", "pouch"},
		why: "it compares secrets and knows nothing of what they are about"},

	"vault": {may: core, why: "the store knows the core's types and neither relay nor desk"},
	"relay": {may: []string{"wire", "keys"},
		why: "the relay is untrusted: code that could read a record or a line has no place in it"},
	"relay/jetstream": {may: []string{"wire", "keys", "relay"},
		why: "the relay's engine, behind the relay's own interface"},
	"relay/client": {may: []string{"wire", "keys", "relay"},
		why: "what a desk speaks to a relay: cells, never what is in them"},
	"desk": {may: with(core, "vault", "relay", "relay/client"),
		why: "the driver: core, vault, relay client and clock; faces act through it, not it through them"},
	"casefile": {may: with(core, "desk"), why: "a case is played at desks, as a person would"},
	"exchange": {may: with(core, "desk"), why: "imports and exports act through a desk"},
	"voice":    {may: with(core, "desk"), why: "nothing but faces imports it"},
	"observe": {may: with(core, "vault", "desk", "relay", "relay/client"),
		why: "it sets up real desks before a real relay, and looks on; nothing but faces imports it"},
	"load":   {may: with(core, "desk", "relay", "relay/client", "relay/jetstream"), why: "nothing but faces imports it"},
	"qrcode": {why: "it draws a text and does not know what it says"},
	"hijri":  {why: "it counts days, and knows nothing of what happens on them"},
	"words":  {may: with(core, "hijri"), why: "the catalogue of what is said to people; it shows nothing itself"},
	"paper":  {may: with(core, "words"), why: "what is put on paper is said in the words of the catalogue, from a view of its reader's"},
	"web":    {may: with(core, "desk", "casefile", "exchange", "voice", "words", "qrcode", "paper"), why: "a face shows core values and acts through desk"},
	"demo": {may: with(core, "vault", "desk", "casefile", "relay", "relay/client", "relay/jetstream", "web", "words"),
		why: "a stage: real desks and a real relay, set up as the command line would"},
	"cli": {may: with(core, "vault", "desk", "casefile", "exchange", "voice", "observe", "load", "web", "demo", "words", "qrcode", "paper",
		"relay", "relay/client", "relay/jetstream"), why: "the face that also starts the others"},

	"archtest": {test: true, why: "it holds tests alone"},
	"accord/accordtest": {test: true, may: []string{"wire", "keys", "record", "accord", "circle"},
		why: "random records: what was never said must never come into the product"},
	"view/viewtest": {test: true, may: []string{"wire", "keys", "record", "accord", "circle", "view"},
		why: "it asks everything of a view, also what nobody should"},
	"keys/kemtest":    {test: true, may: []string{"wire", "keys"}, why: "a KEM that repeats itself must never come into the product"},
	"relay/relaytest": {test: true, may: []string{"wire", "keys", "relay", "relay/client", "relay/jetstream"}, why: "relays that lie must never come into the product"},
}

func with(list []string, more ...string) []string {
	return append(append([]string{}, list...), more...)
}

// impure is what a core package may not import, with the reason.
var impure = map[string]string{
	"os": "disk and environment", "io/fs": "disk", "embed": "disk", "syscall": "the system", "unsafe": "memory behind the types",
	"net": "network", "log": "effects", "log/slog": "effects", "context": "waiting", "sync": "goroutines", "sync/atomic": "goroutines",
	"math/rand": "randomness is an argument", "math/rand/v2": "randomness is an argument", "crypto/rand": "randomness is an argument",
	"runtime": "goroutines", "testing": "tests", "plugin": "the system", "expvar": "effects", "flag": "effects",
	"maphash": "randomness is an argument", "hash/maphash": "randomness is an argument", "testing/cryptotest": "tests",
}

// clock is what of package time reads the clock or waits.
var clock = map[string]bool{
	"Now": true, "Since": true, "Until": true, "Sleep": true, "After": true, "AfterFunc": true,
	"Tick": true, "NewTicker": true, "NewTimer": true, "Local": true,
}

// coreModules is what of other people's code the core may import, and where.
var coreModules = map[string][]string{"wire": {"github.com/fxamacker/cbor/v2"}, "bonafides": {"github.com/cloudflare/circl/math/fp25519"}}

// relayNever is what nothing of the relay may reach, directly or through others.
var relayNever = []string{"record", "accord", "circle", "convey", "compare", "view", "line", "pouch", "bonafides", "vault", "desk"}

// impureImport gives why a core package may not import path, or "".
func impureImport(path string) string {
	for p := path; p != ""; {
		if why := impure[p]; why != "" {
			return why
		}
		i := strings.LastIndexByte(p, '/')
		p = p[:max(i, 0)]
	}
	return ""
}
