package state

import "testing"

func TestEveryFlippedBitOfARecordIsNoticed(t *testing.T) {
	data := withSum(full().encode())
	if !summed(data) {
		t.Fatal("the sum of an unchanged record is wrong")
	}
	for i := range data {
		for bit := range 8 {
			data[i] ^= 1 << bit
			if summed(data) {
				t.Fatalf("bit %d of byte %d is not noticed", bit, i)
			}
			data[i] ^= 1 << bit
		}
	}
	for n := range data {
		if summed(data[:n]) {
			t.Errorf("the first %d of %d bytes pass", n, len(data))
		}
	}
}

func TestARecordReadsBackWithItsSum(t *testing.T) {
	if _, err := decode(withSum(full().encode())); err != nil {
		t.Fatal(err)
	}
}
