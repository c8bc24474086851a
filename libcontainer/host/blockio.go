package host

import (
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Weights are what gives weights of block I/O an effect; by ProbeWeights.
type Weights struct {
	BFQ  bool `json:"bfq,omitempty"`  // the I/O scheduler bfq is loaded
	Cost bool `json:"cost,omitempty"` // cgroup v2: the kernel has the cost model, io.cost
	// Devices has the whole disks of those asked for, by "MAJOR:MINOR", with which of
	// the two is at work on them.
	Devices map[string]DiskWeights `json:"devices,omitempty"`
}

// DiskWeights is which of the two is at work on a disk.
type DiskWeights struct {
	BFQ  bool `json:"bfq,omitempty"`
	Cost bool `json:"cost,omitempty"`
}

// ProbeWeights fills in Cgroups.Weights for a configuration that sets weights. Which
// files there are is seen only in cgroups that have the controller, so it is asked
// elsewhere: disks list the schedulers that are loaded, and the root of cgroup v2,
// which a cgroup namespace hides, has the cost model's switch.
func (f *Facts) ProbeWeights(b *specs.LinuxBlockIO) {
	if b == nil || len(b.WeightDevice) == 0 && (b.Weight == nil || *b.Weight == 0) {
		return
	}
	f.Cgroups.Weights = probeWeights(&liveSystem, &f.Cgroups, disksOf("/sys/block"), b.WeightDevice)
}

func probeWeights(s *system, c *Cgroups, disks []string, devices []specs.LinuxWeightDevice) Weights {
	var w Weights
	costs := ""
	if i := c.Unified(); i >= 0 && c.Hierarchies[i].Has("io") {
		top := c.Hierarchies[i].Mountpoint
		data, err := s.read(top + "/io.cost.qos")
		costs = "\n" + string(data)
		w.Cost = err == nil || s.exists(top+"/io.weight")
		w.BFQ = s.exists(top + "/io.bfq.weight")
	} else if i := c.Find("blkio"); i >= 0 {
		w.BFQ = s.exists(c.Hierarchies[i].Mountpoint + "/blkio.bfq.io_service_bytes")
	}
	for _, disk := range disks {
		loaded, _ := s.scheduler("/sys/block/" + disk)
		w.BFQ = w.BFQ || loaded
	}
	w.Devices = make(map[string]DiskWeights, len(devices))
	for i := range devices {
		number := strconv.FormatInt(devices[i].Major, 10) + ":" + strconv.FormatInt(devices[i].Minor, 10)
		path := "/sys/dev/block/" + number
		if !s.exists(path + "/queue") {
			continue // a partition, or nothing
		}
		_, active := s.scheduler(path)
		_, rest, _ := strings.Cut(costs, "\n"+number+" ")
		line, _, _ := strings.Cut(rest, "\n")
		w.Devices[number] = DiskWeights{BFQ: active, Cost: strings.Contains(line, "enable=1")}
	}
	return w
}

// scheduler tells of a disk's list "[mq-deadline] bfq none" whether bfq is in it, and
// whether it is the one that is used.
func (s *system) scheduler(disk string) (loaded, active bool) {
	data, _ := s.read(disk + "/queue/scheduler")
	for word := range strings.FieldsSeq(string(data)) {
		loaded = loaded || strings.Trim(word, "[]") == "bfq"
		active = active || word == "[bfq]"
	}
	return loaded, active
}

// disksOf lists the names in a directory of sysfs.
func disksOf(dir string) []string {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	var names []string
	buf := make([]byte, 4096)
	for {
		n, err := unix.ReadDirent(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return names
		}
		_, _, names = unix.ParseDirent(buf[:n], -1, names)
	}
}
