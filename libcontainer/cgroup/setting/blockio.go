package setting

import (
	"fmt"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/host"
)

// The weights of bfq, the only I/O scheduler with weights since Linux 5.0.
const (
	minWeight = 1
	maxWeight = 1000
)

// blockIO serves linux.resources.blockIO.
func (b *builder) blockIO(has *host.Weights) error {
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
	if err := b.weights(d, now, has); err != nil {
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
// has the cost model. Which of the two is at work is a matter of each disk: the whole
// container's weight is written to both, a disk's to those that take it.
func (b *builder) weights(d *Dir, now *specs.LinuxBlockIO, has *host.Weights) error {
	if isSet(now.LeafWeight) {
		b.warn("blockIO.leafWeight", "ignored, it went away with the CFQ scheduler in Linux 5.0")
	}
	if isSet(now.Weight) {
		const field = "blockIO.weight"
		if err := checkWeight(*now.Weight, field); err != nil {
			return err
		}
		if !b.weight(d, host.DiskWeights{BFQ: has.BFQ, Cost: has.Cost}, "weight", "", *now.Weight, field) {
			b.warn(field, "ignored, the I/O scheduler bfq is not loaded%s", noCost(d, " and the kernel has no io.cost"))
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
		disk, ok := has.Devices[number]
		if err == nil && !ok {
			err = bad(field, "there is no block device %s, want the numbers of a whole disk", number)
		}
		if err != nil {
			return err
		}
		if !b.weight(d, disk, "weight_device", number+" ", *dev.Weight, field) {
			b.warn(field, "ignored, the I/O scheduler of %s is not bfq%s", number, noCost(d, " and io.cost is not enabled for it"))
		}
	}
	return nil
}

// weight writes a weight to what takes it, if anything does.
func (b *builder) weight(d *Dir, has host.DiskWeights, v1, device string, weight uint16, field string) bool {
	value := device + strconv.Itoa(int(weight))
	switch {
	case !d.V2 && has.BFQ:
		b.write(d, "blkio.bfq."+v1, value, field)
	case d.V2 && has.BFQ:
		b.write(d, "io.bfq.weight", value, field)
	}
	if d.V2 && has.Cost {
		b.write(d, "io.weight", device+strconv.FormatUint(IOWeight(weight), 10), field)
	}
	return has.BFQ || d.V2 && has.Cost
}

func noCost(d *Dir, text string) string {
	if d.V2 {
		return text
	}
	return ""
}

// IOWeight maps the specification's weight, 10 to 1000, onto io.weight, 1 to 10000.
func IOWeight(weight uint16) uint64 {
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
