package setting

import (
	"fmt"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// The weights of bfq, the only I/O scheduler with weights since Linux 5.0.
const (
	minWeight = 1
	maxWeight = 1000
)

// blockIO serves linux.resources.blockIO.
func (b *builder) blockIO(bfq bool) error {
	now := b.now.BlockIO
	if now == nil {
		return nil
	}
	weights := isSet(now.Weight) || isSet(now.LeafWeight) || len(now.WeightDevice) > 0
	throttles := b.throttles(now)
	if !weights && len(throttles) == 0 {
		return nil
	}
	d := b.place("blockIO", "blkio", "io")
	if d == nil {
		return nil
	}
	if err := b.weights(d, now, d.V2 || bfq); err != nil {
		return err
	}
	for _, t := range throttles {
		for i, dev := range t.devices {
			field := fmt.Sprintf("blockIO.%s[%d]", t.field, i)
			number, err := deviceNumber(dev.LinuxBlockIODevice, field)
			if err != nil {
				return err
			}
			rate := strconv.FormatUint(dev.Rate, 10)
			switch {
			case !d.V2: // 0 removes the rule
				b.write(d, t.v1, number+" "+rate, field)
			case dev.Rate == 0:
				b.write(d, "io.max", number+" "+t.v2+"=max", field)
			default:
				b.write(d, "io.max", number+" "+t.v2+"="+rate, field)
			}
		}
	}
	return nil
}

type throttle struct {
	field, v1, v2 string
	devices       []specs.LinuxThrottleDevice
}

func (b *builder) throttles(now *specs.LinuxBlockIO) (list []throttle) {
	for _, t := range []throttle{
		{"throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps", now.ThrottleReadBpsDevice},
		{"throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps", now.ThrottleWriteBpsDevice},
		{"throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops", now.ThrottleReadIOPSDevice},
		{"throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops", now.ThrottleWriteIOPSDevice},
	} {
		if len(t.devices) > 0 {
			list = append(list, t)
		}
	}
	return list
}

// weights: v2 has io.bfq.weight where bfq is loaded and io.weight where the kernel
// has the cost model; which of the two is at work is a matter of each device, so
// both are written.
func (b *builder) weights(d *Dir, now *specs.LinuxBlockIO, bfq bool) error {
	prefix := "blkio.bfq."
	if d.V2 {
		prefix = "io.bfq."
	}
	if isSet(now.LeafWeight) {
		b.warn("blockIO.leafWeight", "ignored, it went away with the CFQ scheduler in Linux 5.0")
	}
	if isSet(now.Weight) {
		if err := checkWeight(*now.Weight, "blockIO.weight"); err != nil {
			return err
		}
		value := strconv.Itoa(int(*now.Weight))
		switch {
		case d.V2:
			b.writeOptional(d, "io.bfq.weight", value, "blockIO.weight")
			b.writeOptional(d, "io.weight", strconv.FormatUint(ioWeight(*now.Weight), 10), "blockIO.weight")
		case bfq:
			b.write(d, prefix+"weight", value, "blockIO.weight")
		default:
			b.warn("blockIO.weight", "ignored, the I/O scheduler bfq is not loaded")
		}
	}
	for i, dev := range now.WeightDevice {
		field := fmt.Sprintf("blockIO.weightDevice[%d]", i)
		if isSet(dev.LeafWeight) {
			b.warn(field+".leafWeight", "ignored, it went away with the CFQ scheduler in Linux 5.0")
		}
		if !isSet(dev.Weight) {
			continue
		}
		number, err := deviceNumber(dev.LinuxBlockIODevice, field)
		if err == nil {
			err = checkWeight(*dev.Weight, field+".weight")
		}
		if err != nil {
			return err
		}
		value := number + " " + strconv.Itoa(int(*dev.Weight))
		switch {
		case d.V2:
			b.writeOptional(d, "io.bfq.weight", value, field)
			b.writeOptional(d, "io.weight", number+" "+strconv.FormatUint(ioWeight(*dev.Weight), 10), field)
		case bfq:
			b.write(d, prefix+"weight_device", value, field)
		default:
			b.warn(field, "ignored, the I/O scheduler bfq is not loaded")
		}
	}
	return nil
}

// ioWeight maps the specification's weight, 10 to 1000, onto io.weight, 1 to 10000.
func ioWeight(weight uint16) uint64 {
	return 1 + (max(uint64(weight), 10)-10)*9999/990
}

func checkWeight(weight uint16, field string) error {
	if weight < minWeight || weight > maxWeight {
		return bad(field, "%d, want %d to %d", weight, minWeight, maxWeight)
	}
	return nil
}

func deviceNumber(d specs.LinuxBlockIODevice, field string) (string, error) {
	if d.Major < 0 || d.Minor < 0 {
		return "", bad(field, "%d:%d is no device number", d.Major, d.Minor)
	}
	return strconv.FormatInt(d.Major, 10) + ":" + strconv.FormatInt(d.Minor, 10), nil
}
