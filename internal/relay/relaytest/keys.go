package relaytest

import (
	"crypto/rsa"
	"math/big"
)

// Primes of two ticket keys that anybody may know: making a key takes a
// fraction of a second, and every test has a relay.
var ticketPrimes = [2][2]string{
	{"f4d8bc8b426e799d7e6d7e8844607fab31292f8fdd8dc16ca2a81711fa99527e0d3c746920bbd4291983379d2722c5f85c070bddc73c903d3b764783042b6b0d95c62c0a4e9580e90b782909da8768c8791db7bb873336c162605df5cede2350c0de81e841a0de9d392e8f24f7a00ae8a505908d1c1d05fc9c84a4ea9101b7f7",
		"c89f159a15f12393a23fd851972409757319f54f3688f71c0cc3512a9f274965e8955ba7134214235291e935526544009c78a9ed171f39815e81308c79b8b32aa7032d60110e80ae1adf20df5b5f28f4f34a4b5617e9265a9a372c281ae0501e29778c962bdd1e32e9ca9bb45abaa545c4c7c5637c48d299fa19262660526b57"},
	{"fcc7a06a927defa187576edfee3a1cad37fff17d2f572ec5fdf1ac652beb7dd17bdbb6fbc372757b98c8fdff7e6d2306eb298468df6c5d3d60fe8a8e3283d94a6eae014c258771f35e1b7707fe84f56b3ed0cb82d5a7effda29604471c80061acc93d97cf0cecb81ed457fa7ab6bc737dee65a20ccb18537f5211e36f785092b",
		"c7bdbd3eb2f4693d269e0803746b38c444744edc44b70c73faea3515345a2979746952b826185479e041be0e4414c0369991652b8def42b566c9623cb0e8b088f387e8c43beed271c0fbf3e1546ea387fb157e5dfb5acea5fa2a5b79555c4f27764a64ee7bad35db901018e793673e4b4b8d9387346f6498f55697a05cc04e77"},
}

// TicketKey gives one key for even ticket epochs and another for odd ones.
func TicketKey(_ string, epoch uint64) *rsa.PrivateKey {
	one, e := big.NewInt(1), big.NewInt(65537)
	k := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: big.NewInt(1), E: 65537}}
	phi := big.NewInt(1)
	for _, s := range ticketPrimes[epoch%2] {
		p, _ := new(big.Int).SetString(s, 16)
		k.Primes = append(k.Primes, p)
		k.N = new(big.Int).Mul(k.N, p)
		phi.Mul(phi, new(big.Int).Sub(p, one))
	}
	k.D = new(big.Int).ModInverse(e, phi)
	return k
}
