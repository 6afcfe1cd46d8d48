package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"pop3mtm/fakeserver"
)

// testRun has the fields of k6-operator's TestRun (k6.io/v1alpha1) that can be used here; the Go
// proxy does not have the operator itself.
type testRun struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Parallelism int32 `json:"parallelism"`
		Separate    bool  `json:"separate"`
		Script      struct {
			ConfigMap struct {
				Name string `json:"name"`
				File string `json:"file"`
			} `json:"configMap"`
		} `json:"script"`
		Arguments string `json:"arguments"`
		Runner    struct {
			Image           string                      `json:"image"`
			ImagePullPolicy corev1.PullPolicy           `json:"imagePullPolicy"`
			Env             []corev1.EnvVar             `json:"env"`
			Resources       corev1.ResourceRequirements `json:"resources"`
			SecurityContext corev1.PodSecurityContext   `json:"securityContext"`
			Volumes         []corev1.Volume             `json:"volumes"`
			VolumeMounts    []corev1.VolumeMount        `json:"volumeMounts"`
		} `json:"runner"`
	} `json:"spec"`
}

// manifests reads the documents of a file strictly: an unknown field or a wrong type is an error.
func manifests(t *testing.T, name string, into ...any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("kubernetes", name))
	if err != nil {
		t.Fatal(err)
	}
	documents := bytes.Split(text, []byte("\n---\n"))
	if len(documents) != len(into) {
		t.Fatalf("%s has %d documents", name, len(documents))
	}
	for i, v := range into {
		if err := yaml.UnmarshalStrict(documents[i], v); err != nil {
			t.Errorf("%s, document %d: %v", name, i+1, err)
		}
	}
}

func TestTheManifestOfTheSimulatorsFitsItsSchema(t *testing.T) {
	var d appsv1.Deployment
	var s corev1.Service
	manifests(t, "simulators.yaml", &d, &s)
	if d.APIVersion != "apps/v1" || d.Kind != "Deployment" || s.APIVersion != "v1" || s.Kind != "Service" {
		t.Fatalf("%s %s, %s %s", d.APIVersion, d.Kind, s.APIVersion, s.Kind)
	}
	pod := d.Spec.Template
	if !covers(d.Spec.Selector.MatchLabels, pod.Labels) || !covers(s.Spec.Selector, pod.Labels) {
		t.Error("a selector does not select the pods")
	}
	c := pod.Spec.Containers[0]
	if c.Ports[0].Name != s.Spec.Ports[0].TargetPort.StrVal || c.Lifecycle.PreStop.Sleep == nil {
		t.Errorf("%+v", c)
	}
	drain := int64(60)
	if *pod.Spec.TerminationGracePeriodSeconds <= drain+c.Lifecycle.PreStop.Sleep.Seconds {
		t.Error("the pod is killed before --drain is over")
	}
	ready := filepath.Join(t.TempDir(), "ready.json")
	ours := func(args []string) (all []string) {
		for _, a := range args {
			all = append(all, strings.NewReplacer("0.0.0.0:1110", "127.0.0.1:0", "/tmp/ready.json", ready).Replace(a))
		}
		return all
	}
	if args := strings.Join(c.Args, " "); !strings.Contains(args, "--drain=60s") {
		t.Error(args)
	}
	sim := pop3sim(t)
	server := exec.CommandContext(t.Context(), sim, ours(c.Args)...)
	var said bytes.Buffer
	server.Stderr = &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = server.Process.Kill() // a drain of a minute is not what is tested here
		_ = server.Wait()
	}()
	probe := c.ReadinessProbe.Exec.Command
	if probe[0] != "/usr/bin/pop3sim" {
		t.Fatal(probe)
	}
	if out, err := exec.CommandContext(t.Context(), sim, append(ours(probe[1:]), "--wait", "1m")...).CombinedOutput(); err != nil {
		t.Errorf("%v: %s\n%s", err, out, said.String())
	}
}

func covers(selector, labels map[string]string) bool {
	for name, value := range selector {
		if labels[name] != value {
			return false
		}
	}
	return len(selector) > 0
}

func TestTheTestRunFitsItsSchemaAndRuns(t *testing.T) {
	var claim corev1.PersistentVolumeClaim
	var run testRun
	manifests(t, "testrun.yaml", &claim, &run)
	if run.APIVersion != "k6.io/v1alpha1" || run.Kind != "TestRun" || run.Spec.Parallelism != 2 || claim.Kind != "PersistentVolumeClaim" {
		t.Fatalf("%+v", run)
	}
	if v := run.Spec.Runner.Volumes[0]; v.PersistentVolumeClaim.ClaimName != claim.Name || v.Name != run.Spec.Runner.VolumeMounts[0].Name {
		t.Errorf("%+v", v)
	}
	users := map[string]fakeserver.User{}
	srv := fakeserver.Start(t, nil, &fakeserver.Options{Users: users, Unlisted: func(string) (fakeserver.User, bool) {
		return fakeserver.User{Password: "secret", Maildrop: fakeserver.PerSession(source(t, "1000,size=8KiB,seed=7"))}, true
	}})
	r := newRunner(t)
	c := r.command(filepath.Join("..", "scripts", run.Spec.Script.ConfigMap.File))
	given := strings.Fields(strings.ReplaceAll(run.Spec.Arguments, "/results", r.dir))
	c.Args = append([]string{c.Args[0], "run", "--address", ""}, append(given, c.Args[len(c.Args)-1])...)
	for _, v := range run.Spec.Runner.Env {
		value := v.Value
		switch v.Name {
		case "POP3":
			value = srv.Addr()
		case "VUS":
			value = "2"
		case "DURATION":
			value = "1s"
		}
		c.Env = append(c.Env, v.Name+"="+value)
	}
	if got := r.finish(c); got.status != 0 {
		t.Errorf("status %d\n%s", got.status, got.said)
	}
	if _, err := os.Stat(r.file("here.json")); err != nil {
		t.Error(err)
	}
}
