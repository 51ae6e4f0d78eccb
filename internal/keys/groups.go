package keys

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"backchannel/internal/fault"
)

// Groups are how bytes are typed by hand or shown as a QR code: five characters
// each, four of them content and one that checks them and the group's place. So
// a slip of the hand is found in the group in which it was made.
const (
	groupSize = 5
	groupBits = 20
	groupSum  = 4       // bytes that check the whole
	maxGroups = 1 << 15 // in characters, with what stands between

	// The digits are Crockford's: no I, L, O or U.
	groupDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	groupApart  = " \t\r\n-.,:;"
	labelGroups = "backchannel groups v1"
)

// Groups gives the groups of b, which has at most 65,535 bytes.
func Groups(b []byte) []string {
	if len(b) > 1<<16-1 {
		panic("keys: too much to type")
	}
	all := append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
	all = append(all, sumOfGroups(b)...)
	var out []string
	for at := 0; at < 8*len(all); at += groupBits {
		var d [groupSize - 1]byte
		for i := range d {
			for k := range 5 {
				d[i] = d[i]<<1 | bitAt(all, at+5*i+k)
			}
		}
		g := make([]byte, 0, groupSize)
		for _, v := range d {
			g = append(g, groupDigits[v])
		}
		out = append(out, string(append(g, groupDigits[groupCheck(d, len(out))])))
	}
	return out
}

// LikeGroups reports whether a text looks as if it were groups, with or
// without mistakes.
func LikeGroups(text string) bool {
	good, bad := 0, 0
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			good++
		case !strings.ContainsRune(groupApart, r):
			bad++
		}
	}
	return good >= 4*groupSize && bad*10 <= good && !strings.Contains(text, "://")
}

// ParseGroups reads groups as a person typed them: in any case, with anything
// usual between them or nothing, with O for 0 and I or L for 1. The error names
// the first group that is wrong, counted from one.
func ParseGroups(text string) ([]byte, error) {
	if len(text) > maxGroups {
		return nil, fault.New(fault.Limit, "keys.groups-long", "", "too long to have been typed: %d bytes", len(text))
	}
	var groups []string
	for _, f := range strings.FieldsFunc(strings.ToUpper(text), func(r rune) bool { return strings.ContainsRune(groupApart, r) }) {
		for len(f) > groupSize {
			groups, f = append(groups, f[:groupSize]), f[groupSize:]
		}
		groups = append(groups, f)
	}
	var all []byte
	acc, bits := uint32(0), 0
	for n, g := range groups {
		d, err := groupOf(g, n)
		if err != nil {
			return nil, err
		}
		for _, v := range d {
			acc, bits = acc<<5|uint32(v), bits+5
			if bits >= 8 {
				bits -= 8
				all = append(all, byte(acc>>bits))
				acc &= 1<<bits - 1
			}
		}
	}
	if len(all) < 2+groupSum {
		return nil, groupsCut(len(groups))
	}
	n := int(binary.BigEndian.Uint16(all))
	whole := 2 + n + groupSum
	if want := (8*whole + groupBits - 1) / groupBits; want != len(groups) {
		return nil, fault.New(fault.Malformed, "keys.groups-cut", "copy it whole, to its last group", "%d groups where there must be %d", len(groups), want)
	}
	b, sum, rest := all[2:2+n], all[2+n:whole], all[whole:]
	for _, v := range rest {
		acc |= uint32(v)
	}
	if string(sum) != string(sumOfGroups(b)) || acc != 0 {
		return nil, fault.New(fault.Malformed, "keys.groups-sum", "compare it with the original, group by group", "every group reads, and together they are not what was written")
	}
	return b, nil
}

func groupsCut(n int) error {
	return fault.New(fault.Malformed, "keys.groups-few", "copy it whole, to its last group", "%d groups are too few", n)
}

// groupOf reads the group at place n.
func groupOf(g string, n int) (d [groupSize - 1]byte, err error) {
	if len(g) != groupSize {
		return d, fault.New(fault.Malformed, "keys.group-size", "look at that group again", "group %d, %q, does not have five characters", n+1, g)
	}
	var v [groupSize]byte
	for i := range v {
		at := strings.IndexByte(groupDigits, g[i])
		switch g[i] {
		case 'O':
			at = 0
		case 'I', 'L':
			at = 1
		}
		if at < 0 {
			return d, fault.New(fault.Malformed, "keys.group-char", "look at that group again", "group %d, %q, has a character that is never used", n+1, g)
		}
		v[i] = byte(at)
	}
	d = [groupSize - 1]byte(v[:])
	if groupCheck(d, n) != v[groupSize-1] {
		return d, fault.New(fault.Malformed, "keys.group", "look at that group again; if it is right, look whether one before it is missing", "group %d, %q, is not as it was written", n+1, g)
	}
	return d, nil
}

// groupCheck is a weighted sum in the field of 32 elements, with the group's
// place: it finds every single wrong character, every two that were swapped,
// and every two neighbouring groups that were.
func groupCheck(d [groupSize - 1]byte, n int) byte {
	sum, weight := byte(n%32), byte(1)
	for _, v := range d {
		weight = times(weight, 2)
		sum ^= times(weight, v)
	}
	return sum
}

// times multiplies modulo x^5 + x^2 + 1.
func times(a, b byte) (out byte) {
	for ; b != 0; b >>= 1 {
		if b&1 == 1 {
			out ^= a
		}
		if a <<= 1; a&32 != 0 {
			a ^= 0b100101
		}
	}
	return out
}

func bitAt(b []byte, i int) byte {
	if i/8 >= len(b) {
		return 0
	}
	return b[i/8] >> (7 - i%8) & 1
}

func sumOfGroups(b []byte) []byte {
	h := sha256.Sum256(append([]byte(labelGroups+"\x00"), b...))
	return h[:groupSum]
}
