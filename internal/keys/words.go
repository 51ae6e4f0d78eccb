package keys

// BitsPerWord is what one spoken word carries.
const BitsPerWord = 11

// The sounds of a word: consonant, vowel, consonant, vowel. They are sounds
// that English, French, Spanish, Arabic, Hebrew and Russian speakers can all
// say and tell apart with three vowels, so that two people can compare words
// although they share no language. 16·3·16·3 = 2,304 words, of which the first
// 2,048 are used.
const (
	consonants = "bdfghjklmnrstwyz"
	vowels     = "aiu"
)

// Words gives the first n·11 bits of b, most significant first, as n words.
// Bits beyond the end of b are zero.
func Words(b []byte, n int) []string {
	out := make([]string, n)
	for i := range out {
		v := 0
		for j := i * BitsPerWord; j < (i+1)*BitsPerWord; j++ {
			v <<= 1
			if j/8 < len(b) && b[j/8]&(0x80>>(j%8)) != 0 {
				v |= 1
			}
		}
		out[i] = word(v)
	}
	return out
}

func word(v int) string {
	w := make([]byte, 4)
	w[3] = vowels[v%3]
	v /= 3
	w[2] = consonants[v%16]
	v /= 16
	w[1] = vowels[v%3]
	w[0] = consonants[v/3]
	return string(w)
}
