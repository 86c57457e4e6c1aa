// Oracle: asks MetalLB's own layer-2 controller about made-up clusters. See README.md beside it.
package main

import (
	"bufio"
	"encoding/json"
	"net"
	"os"

	metallbv1beta1 "go.universe.tf/metallb/api/v1beta1"
	"go.universe.tf/metallb/internal/config"
	v1 "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
)

type scenario struct {
	ID              string                           `json:"id"`
	Nodes           []v1.Node                        `json:"nodes"`
	Service         v1.Service                       `json:"service"`
	EndpointSlices  []discovery.EndpointSlice        `json:"endpointSlices"`
	Pools           []metallbv1beta1.IPAddressPool   `json:"pools"`
	L2Ads           []metallbv1beta1.L2Advertisement `json:"l2Advertisements"`
	Members         []string                         `json:"members"` // null: memberlist is off
	IgnoreExcludeLB bool                             `json:"ignoreExcludeLB"`
}

type answer struct {
	ID     string `json:"id"`
	Config string `json:"config,omitempty"`
	Pool   string `json:"pool,omitempty"`
	// Node -> why its speaker does not announce; "" announces.
	Speakers map[string]string `json:"speakers,omitempty"`
	// Node -> the interfaces that its speaker would use; nil: all.
	Interfaces map[string][]string `json:"interfaces,omitempty"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var s scenario
		if err := json.Unmarshal(in.Bytes(), &s); err != nil {
			panic(err)
		}
		if err := out.Encode(ask(s)); err != nil {
			panic(err)
		}
	}
}

func ask(s scenario) answer {
	res := answer{ID: s.ID}
	cfg, err := configFor(config.ClusterResources{Pools: s.Pools, L2Advs: s.L2Ads, Nodes: s.Nodes})
	if err != nil {
		res.Config = err.Error()
		return res
	}
	ips := []net.IP{}
	for _, ingress := range s.Service.Status.LoadBalancer.Ingress {
		ip := net.ParseIP(ingress.IP)
		if ip == nil {
			res.Pool = "!invalidIP"
			return res
		}
		ips = append(ips, ip)
	}
	if len(ips) == 0 {
		res.Pool = "!noIPAllocated"
		return res
	}
	name := poolFor(cfg.Pools, ips)
	if name == "" {
		res.Pool = "!ipNotAllowed"
		return res
	}
	res.Pool = name
	pool := poolNamed(cfg, name)
	nodes := map[string]*v1.Node{}
	for i := range s.Nodes {
		nodes[s.Nodes[i].Name] = &s.Nodes[i]
	}
	res.Speakers = map[string]string{}
	res.Interfaces = map[string][]string{}
	for _, node := range speakersOf(s) {
		c := controllerFor(node, s)
		res.Speakers[node] = decide(c, ips, pool, &s.Service, s.EndpointSlices, nodes)
		if res.Speakers[node] == "" {
			res.Interfaces[node] = interfacesOf(ips[0], node, pool, &s.Service)
		}
	}
	return res
}

// Every member asks for itself; with memberlist off every node does.
func speakersOf(s scenario) []string {
	if s.Members != nil {
		return s.Members
	}
	all := []string{}
	for _, node := range s.Nodes {
		all = append(all, node.Name)
	}
	return all
}
