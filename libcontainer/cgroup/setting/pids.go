package setting

// pids serves linux.resources.pids.limit. 0 becomes 1: it says that the container
// may have no process besides init, and with 0 the kernel would refuse to make init
// in its cgroup (clone3(2), EAGAIN). Moving init in from outside is never refused.
func (b *builder) pids() error {
	if b.now.Pids == nil || b.now.Pids.Limit == nil {
		return nil
	}
	if d := b.place("pids.limit", "pids", "pids"); d != nil {
		value := limit(*b.now.Pids.Limit, "max")
		if value == "0" {
			value = "1"
		}
		b.write(d, "pids.max", value, "pids.limit")
	}
	return nil
}
