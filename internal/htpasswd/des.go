package htpasswd

import "strings"

// alphabet is the base 64 of crypt(3).
const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// isDES reports whether a text has the form of the traditional crypt(3): two characters of salt, eleven of hash.
func isDES(hash string) bool {
	return len(hash) == 13 && strings.Trim(hash, alphabet) == ""
}

// desCrypt is the traditional crypt(3): the first eight characters of the password are the key of 25 rounds of DES over
// zeros, in which the salt swaps bits of the expansion. crypto/des has no place for the salt.
func desCrypt(password, salt string) string {
	var key block
	for i := 0; i < 8 && i < len(password); i++ {
		for j := range 7 {
			key[8*i+j] = password[i] >> (6 - j) & 1
		}
	}
	schedule := keySchedule(key)
	expand := expansion()
	for i := range 2 {
		bits := strings.IndexByte(alphabet, salt[i])
		for j := range 6 {
			if bits>>j&1 == 1 {
				a, b := 6*i+j, 6*i+j+24
				expand[a], expand[b] = expand[b], expand[a]
			}
		}
	}
	var data block
	for range 25 {
		data = encrypt(data, schedule, expand)
	}
	out := []byte(salt[:2])
	for i := 0; i < 66; i += 6 {
		c := 0
		for j := i; j < i+6; j++ {
			c <<= 1
			if j < 64 {
				c |= int(data[j])
			}
		}
		out = append(out, alphabet[c])
	}
	return string(out)
}

// block is 64 bits, a byte for each, the first bit of the standard first.
type block [64]byte

// keySchedule makes the 16 keys of 48 bits (FIPS 46-3).
func keySchedule(key block) (out [16][48]byte) {
	var c [56]byte
	for i, from := range keyChoice1() {
		c[i] = key[from-1]
	}
	choice := keyChoice2()
	for round := range out {
		shifts := 2
		if round == 0 || round == 1 || round == 8 || round == 15 {
			shifts = 1
		}
		for range shifts {
			left, right := c[0], c[28]
			copy(c[:27], c[1:28])
			copy(c[28:55], c[29:56])
			c[27], c[55] = left, right
		}
		for i, from := range choice {
			out[round][i] = c[from-1]
		}
	}
	return out
}

func encrypt(data block, schedule [16][48]byte, expand [48]byte) block {
	var in block
	for i, from := range initial() {
		in[i] = data[from-1]
	}
	left, right := [32]byte(in[:32]), [32]byte(in[32:])
	boxes, spread := substitution(), permutation()
	for _, key := range schedule {
		var mixed, chosen [32]byte
		for box := range 8 {
			var six [6]byte
			for i := range six {
				six[i] = right[expand[6*box+i]-1] ^ key[6*box+i]
			}
			row, column := six[0]<<1|six[5], six[1]<<3|six[2]<<2|six[3]<<1|six[4]
			value := boxes[box][16*row+column]
			for i := range 4 {
				chosen[4*box+i] = value >> (3 - i) & 1
			}
		}
		for i, from := range spread {
			mixed[i] = left[i] ^ chosen[from-1]
		}
		left, right = right, mixed
	}
	last := append(right[:], left[:]...)
	var out block
	for i, from := range initial() {
		out[from-1] = last[i] // the final permutation is the inverse
	}
	return out
}
