// A member of a real hashicorp/memberlist, set up as a MetalLB speaker sets it up (internal/speakerlist): LAN
// defaults, one port for streams and packets, an event channel, and MetalLB's own way from the Secret to the key.
//
// Events go to stdout, one JSON object a line; the log goes to stderr. SIGTERM: leave, then end, as a speaker does.
// SIGUSR1: tell the members and the health score.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"flag"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/memberlist"
)

type options struct {
	name, bind, secret, join string
	port, keyBytes           int
	rejoin                   time.Duration
	verifyIncoming           bool
	verifyOutgoing           bool
}

func main() {
	given := readOptions()
	events := make(chan memberlist.NodeEvent, 1024)
	list, err := memberlist.Create(configOf(given, events))
	if err != nil {
		log.Fatal(err)
	}
	go tellEvents(events)
	go joinAgain(list, given)
	say(map[string]any{"ready": given.name})
	obey(list)
}

func readOptions() (given options) {
	flag.StringVar(&given.name, "name", "", "member name, as the Kubernetes node's")
	flag.StringVar(&given.bind, "bind", "127.0.0.1", "address to bind to")
	flag.IntVar(&given.port, "port", 7946, "port, for streams and packets")
	flag.StringVar(&given.secret, "secret", "", "text of the Secret; empty: no encryption")
	flag.IntVar(&given.keyBytes, "key-bytes", 32, "32 as MetalLB 0.14 and later, 16 as before")
	flag.StringVar(&given.join, "join", "", "addresses of other members, by comma")
	flag.DurationVar(&given.rejoin, "rejoin", time.Minute, "how often to join absent members, as a speaker does")
	flag.BoolVar(&given.verifyIncoming, "verify-incoming", true, "refuse unsealed requests")
	flag.BoolVar(&given.verifyOutgoing, "verify-outgoing", true, "seal answers")
	flag.Parse()
	return given
}

func configOf(given options, events chan memberlist.NodeEvent) *memberlist.Config {
	config := memberlist.DefaultLANConfig()
	config.Name = given.name
	config.BindAddr = given.bind
	config.BindPort = given.port
	config.AdvertisePort = given.port
	config.Events = &memberlist.ChannelEventDelegate{Ch: events}
	config.GossipVerifyIncoming = given.verifyIncoming
	config.GossipVerifyOutgoing = given.verifyOutgoing
	if given.secret != "" {
		// Not a hash of the secret: the digest of nothing, appended to it.
		config.SecretKey = sha256.New().Sum([]byte(given.secret))[:given.keyBytes]
	}
	return config
}

// joinAgain dials those who are absent, at once and then every minute, like MetalLB's speakers.
func joinAgain(list *memberlist.Memberlist, given options) {
	for {
		if absent := absentOf(list, given); len(absent) > 0 {
			_, _ = list.Join(absent)
		}
		time.Sleep(given.rejoin)
	}
}

func absentOf(list *memberlist.Memberlist, given options) (absent []string) {
	present := map[string]bool{}
	for _, member := range list.Members() {
		present[member.Addr.String()] = true
	}
	for _, address := range strings.Split(given.join, ",") {
		if address != "" && !present[address] {
			absent = append(absent, address)
		}
	}
	return absent
}

func tellEvents(events chan memberlist.NodeEvent) {
	kinds := map[memberlist.NodeEventType]string{
		memberlist.NodeJoin: "join", memberlist.NodeLeave: "leave", memberlist.NodeUpdate: "update",
	}
	for event := range events {
		say(map[string]any{"event": kinds[event.Event], "name": event.Node.Name})
	}
}

func obey(list *memberlist.Memberlist) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGUSR1)
	for received := range signals {
		if received == syscall.SIGUSR1 {
			say(map[string]any{"members": namesIn(list), "health": list.GetHealthScore()})
			continue
		}
		err := list.Leave(time.Second)
		say(map[string]any{"left": err == nil})
		return
	}
}

func namesIn(list *memberlist.Memberlist) []string {
	names := []string{}
	for _, member := range list.Members() {
		names = append(names, member.Name)
	}
	return names
}

func say(what map[string]any) {
	_ = json.NewEncoder(os.Stdout).Encode(what)
}
