#!/bin/sh
# build.sh DIR OUT: builds the oracle OUT from an unpacked go.universe.tf/metallb module at DIR (writes into DIR/oracle).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$1
out=$2
mkdir -p "$dir/oracle/layer2" "$dir/oracle/speakerlist"
cp "$here/main.go" "$dir/oracle/main.go"
if [ -f "$dir/internal/layer2/ip_advertisement.go" ]; then
	cp "$dir/internal/layer2/ip_advertisement.go" "$dir/oracle/layer2/"
	added='string, IPAdvertisement'
else
	added='string, net.IP'
fi
cat >"$dir/oracle/layer2/announce.go" <<GO
package layer2

import "net"

var _ net.IP

type Announce struct{}

func (a *Announce) GetInterfaces() []string            { return nil }
func (a *Announce) SetBalancer($added) {}
func (a *Announce) AnnounceName(string) bool            { return false }
func (a *Announce) DeleteBalancer(string)               {}
GO
sed 's#go.universe.tf/metallb/internal/layer2#go.universe.tf/metallb/oracle/layer2#' \
	"$dir/speaker/layer2_controller.go" >"$dir/oracle/layer2_controller.go"
{
	echo 'package main'
	echo 'import ("net"; "go.universe.tf/metallb/internal/config")'
	sed -n '/^func poolFor/,/^}/p' "$dir/speaker/main.go"
} >"$dir/oracle/pool.go"
if grep -q 'type SpeakerListInfo' "$dir/internal/speakerlist/speakerlist.go"; then
	usable='sl.info'
	type='speakerlist.SpeakerListInfo'
	import='"go.universe.tf/metallb/oracle/speakerlist"'
	info='speakerlist.SpeakerListInfo{Nodes: usable, Disabled: s.Members == nil}'
	printf 'package speakerlist\n' >"$dir/oracle/speakerlist/info.go"
	sed -n '/^type SpeakerListInfo/,/^}/p' "$dir/internal/speakerlist/speakerlist.go" >>"$dir/oracle/speakerlist/info.go"
else
	usable='sl.info'
	type='map[string]bool'
	import=''
	info='usable'
fi
slices='[]discovery.EndpointSlice'
wrap='slices'
more=''
if grep -q 'epslices.EpsOrSlices' "$dir/speaker/layer2_controller.go"; then
	slices='epslices.EpsOrSlices'
	wrap='epslices.EpsOrSlices{Type: epslices.Slices, SlicesVal: slices}'
	more='"go.universe.tf/metallb/internal/k8s/epslices"'
fi
ignore=''
grep -q 'ignoreExcludeLB' "$dir/speaker/layer2_controller.go" && ignore='c.ignoreExcludeLB = s.IgnoreExcludeLB'
opts=''
grep -q '^func For(.*ForOptions' "$dir/internal/config/config.go" && opts=', config.ForOptions{}'
nodes=', nodes'
grep -q 'ShouldAnnounce(.*nodes map' "$dir/speaker/layer2_controller.go" || nodes=''
ads='ipAdvertisementFor(ip, node, pool.L2Advertisements)'
grep -q '^func l2AdsForNode' "$dir/speaker/layer2_controller.go" &&
	ads='ipAdvertisementFor(ip, l2AdsForNode(l2AdsForService(pool.L2Advertisements, svc), node))'
adv="adv := $ads"
matches='adv.MatchInterfaces(name)'
if ! grep -q '^func ipAdvertisementFor' "$dir/speaker/layer2_controller.go"; then
	adv=''
	matches='true'
fi
byName='.ByName'
grep -q 'ByName' "$dir/internal/config/config.go" || byName=''
log='github.com/go-kit/log'
grep -q 'github.com/go-kit/kit/log"' "$dir/speaker/layer2_controller.go" && log='github.com/go-kit/kit/log'
cat >"$dir/oracle/adapt.go" <<GO
package main

import (
	"net"
	"$log"
	"go.universe.tf/metallb/internal/config"
	v1 "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	$import
	$more
)

type service interface {
	UpdateStatus(svc *v1.Service) error
	Infof(svc *v1.Service, desc, msg string, args ...interface{})
	Errorf(svc *v1.Service, desc, msg string, args ...interface{})
}

type SpeakerList interface {
	UsableSpeakers() $type
	Rejoin()
}

type members struct{ info $type }

func (sl members) UsableSpeakers() $type { return $usable }
func (sl members) Rejoin()               {}

func configFor(resources config.ClusterResources) (*config.Config, error) {
	return config.For(resources, config.DontValidate$opts)
}

func poolNamed(cfg *config.Config, name string) *config.Pool { return cfg.Pools$byName[name] }

func slicesOf(slices []discovery.EndpointSlice) $slices { return $wrap }

func controllerFor(node string, s scenario) *layer2Controller {
	var usable map[string]bool
	if s.Members != nil {
		usable = map[string]bool{}
		for _, name := range s.Members {
			usable[name] = true
		}
	}
	c := &layer2Controller{myNode: node, sList: members{$info}}
	$ignore
	return c
}

func decide(c *layer2Controller, ips []net.IP, pool *config.Pool, svc *v1.Service, slices []discovery.EndpointSlice, nodes map[string]*v1.Node) string {
	return c.ShouldAnnounce(log.NewNopLogger(), "default/svc", ips, pool, svc, slicesOf(slices)$nodes)
}

func interfacesOf(ip net.IP, node string, pool *config.Pool, svc *v1.Service) []string {
	res := []string{}
	$adv
	for _, name := range []string{"eth0", "eth1", "eth2", "other"} {
		if $matches {
			res = append(res, name)
		}
	}
	return res
}
GO
cd "$dir" && GOTOOLCHAIN=local go build -mod=mod -o "$out" ./oracle
