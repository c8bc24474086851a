package criu

// response is criu_resp.
type response struct {
	kind    Kind
	success bool
	script  string // of a notification
	pid     int    // of a notification or of a restored tree
	errno   int
	message string

	memTrack, lazyPages bool
	version             int
}

func parseResponse(data []byte) (*response, error) {
	r := new(response)
	err := decode(data, func(field int, n uint64, s []byte) error {
		switch field {
		case 1:
			r.kind = Kind(n)
		case 2:
			r.success = n != 0
		case 4: // criu_restore_resp
			return decode(s, func(field int, n uint64, _ []byte) error {
				if field == 1 {
					r.pid = int(int32(n))
				}
				return nil
			})
		case 5: // criu_notify
			return decode(s, func(field int, n uint64, s []byte) error {
				switch field {
				case 1:
					r.script = string(s)
				case 2:
					r.pid = int(int32(n))
				}
				return nil
			})
		case 7:
			r.errno = int(int32(n))
		case 8: // criu_features
			return decode(s, func(field int, n uint64, _ []byte) error {
				switch field {
				case 1:
					r.memTrack = n != 0
				case 2:
					r.lazyPages = n != 0
				}
				return nil
			})
		case 9:
			r.message = string(s)
		case 10: // criu_version
			return decode(s, func(field int, n uint64, _ []byte) error {
				switch field {
				case 1:
					r.version += int(n&0xffff) * 10000
				case 2:
					r.version += int(n&0xff) * 100
				case 4:
					r.version += int(n & 0xff)
				}
				return nil
			})
		}
		return nil
	})
	return r, err
}
