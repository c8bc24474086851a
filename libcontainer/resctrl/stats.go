package resctrl

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"rt/libcontainer/internal/sys"
)

// Stats are the figures of a group, with the keys that clients of events decode.
type Stats struct {
	L3CacheInfo       *L3CacheInfo   `json:"l3_cache_info,omitempty"`
	L3CacheSchemaRoot string         `json:"l3_cache_schema_root,omitempty"`
	L3CacheSchema     string         `json:"l3_cache_schema,omitempty"`
	MemBwInfo         *MemBwInfo     `json:"mem_bw_info,omitempty"`
	MemBwSchemaRoot   string         `json:"mem_bw_schema_root,omitempty"`
	MemBwSchema       string         `json:"mem_bw_schema,omitempty"`
	MBMStats          *[]MBMNumaNode `json:"mbm_stats,omitempty"`
	CMTStats          *[]CMTNumaNode `json:"cmt_stats,omitempty"`
}

// L3CacheInfo is info/L3.
type L3CacheInfo struct {
	CbmMask    string `json:"cbm_mask,omitempty"`
	MinCbmBits uint64 `json:"min_cbm_bits,omitempty"`
	NumClosids uint64 `json:"num_closids,omitempty"`
}

// MemBwInfo is info/MB.
type MemBwInfo struct {
	BandwidthGran uint64 `json:"bandwidth_gran,omitempty"`
	DelayLinear   uint64 `json:"delay_linear,omitempty"`
	MinBandwidth  uint64 `json:"min_bandwidth,omitempty"`
	NumClosids    uint64 `json:"num_closids,omitempty"`
}

// MBMNumaNode is the memory bandwidth used on one node.
type MBMNumaNode struct {
	MBMTotalBytes uint64 `json:"mbm_total_bytes"`
	MBMLocalBytes uint64 `json:"mbm_local_bytes"`
}

// CMTNumaNode is the cache used on one node.
type CMTNumaNode struct {
	LLCOccupancy uint64 `json:"llc_occupancy"`
}

// Read collects the figures of a group. What the machine does not have is left out;
// an error is about a group that is gone.
func Read(g *Group) (*Stats, error) {
	root := rootOf(g.Dir)
	schemata, err := sys.ReadFile(g.Dir+"/schemata", 1<<20)
	if err != nil {
		return nil, fmt.Errorf("linux.intelRdt: %w", err)
	}
	whole := text(root + "/schemata")
	s := &Stats{}
	if info := root + "/info/L3"; is(info) {
		s.L3CacheInfo = &L3CacheInfo{
			CbmMask: text(info + "/cbm_mask"), MinCbmBits: number(info + "/min_cbm_bits"), NumClosids: number(info + "/num_closids"),
		}
		s.L3CacheSchemaRoot, s.L3CacheSchema = lineOf(whole, "L3"), lineOf(string(schemata), "L3")
	}
	if info := root + "/info/MB"; is(info) {
		s.MemBwInfo = &MemBwInfo{
			BandwidthGran: number(info + "/bandwidth_gran"), DelayLinear: number(info + "/delay_linear"),
			MinBandwidth: number(info + "/min_bandwidth"), NumClosids: number(info + "/num_closids"),
		}
		s.MemBwSchemaRoot, s.MemBwSchema = lineOf(whole, "MB"), lineOf(string(schemata), "MB")
	}
	s.monitor(g, strings.Fields(text(root+"/info/L3_MON/mon_features")))
	return s, nil
}

// monitor reads the counters of each L3 cache, which is about a NUMA node.
func (s *Stats) monitor(g *Group, features []string) {
	dir := g.Dir
	if g.Monitor != "" {
		dir = g.Monitor
	}
	entries, err := os.ReadDir(dir + "/mon_data")
	if err != nil {
		return
	}
	total, local := slices.Contains(features, "mbm_total_bytes"), slices.Contains(features, "mbm_local_bytes")
	var mbm []MBMNumaNode
	var cmt []CMTNumaNode
	for _, e := range entries {
		node := dir + "/mon_data/" + e.Name()
		if !strings.HasPrefix(e.Name(), "mon_L3_") {
			continue
		}
		mbm = append(mbm, MBMNumaNode{number(node + "/mbm_total_bytes"), number(node + "/mbm_local_bytes")})
		cmt = append(cmt, CMTNumaNode{number(node + "/llc_occupancy")})
	}
	if total || local {
		s.MBMStats = &mbm
	}
	if slices.Contains(features, "llc_occupancy") {
		s.CMTStats = &cmt
	}
}

// rootOf is the root of the file system that a class is in: the directory itself or
// the one above.
func rootOf(dir string) string {
	if is(dir + "/info") {
		return dir
	}
	return path.Dir(dir)
}

func is(dir string) bool {
	st, err := os.Stat(dir)
	return err == nil && st.IsDir()
}

func lineOf(schemata, resource string) string {
	for l := range strings.Lines(schemata) {
		if l = strings.TrimSpace(l); strings.HasPrefix(l, resource+":") {
			return l
		}
	}
	return ""
}

func text(file string) string {
	data, err := sys.ReadFile(file, 1<<20)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// number is 0 for what a counter says when it has no value: "Unavailable", "Error".
func number(file string) uint64 {
	n, _ := strconv.ParseUint(text(file), 10, 64)
	return n
}
