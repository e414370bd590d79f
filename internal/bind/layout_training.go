package bind

import (
	"slices"
	"strings"
)

// What training programs save beside the network, by the first part of the name.
var trainingState = []string{
	"optimizer", "optimizers", "optimizer_state_dict", "optimizer_states", "optim", "opt",
	"lr_scheduler", "lr_schedulers", "lr_scheduler_state_dict", "scheduler", "scheduler_state_dict",
	"scaler", "grad_scaler", "scaler_state_dict", "amp", "amp_scaler",
	"loops", "callbacks", "rng_state", "rng_states", "random_state", "epoch", "args", "history", "loss",
}

// What trainings keep among the modules of the network, by a part of the name: queues and projections of contrastive learning
// (MoCo, SwAV, SimSiam, BYOL, Barlow Twins), losses with parameters, the network that is learnt from.
var besideModules = []string{
	"projection_head", "prototypes", "projector", "projection", "projetion", "predictor", "online_predictor", "neck",
	"queue", "queue_ptr", "criterion", "criterions", "loss_fn", "loss_module",
	"teacher", "teacher_model", "teacher_backbone", "teacher_head", "optimizer", "optimizers",
}

// skipProjectorsNorm passes over the batch norm that Barlow Twins has beside its backbone and projector, behind both.
func (l *layout) skipProjectorsNorm() {
	parts := strings.Split(strings.TrimSuffix(l.prefix, "."), ".")
	around := strings.Join(parts[:len(parts)-1], ".")
	if around != "" {
		around += "."
	}
	if l.prefix != "" && slices.ContainsFunc(l.order, func(name string) bool { return strings.HasPrefix(name, around+"projector.") }) {
		l.skipped = append(l.skipped, around+"bn.")
	}
}

// What the network itself is saved under: averaged weights first, then the raw ones. Networks that follow another one in
// contrastive learning come last: what is taken of these trainings is the one that learns (MoCo, BYOL). The attacker of
// adversarial training (robustness) is the network itself, once more.
var (
	followers     = []string{"attacker", "encoder_k", "momentum_encoder", "target_encoder", "target_network", "backbone_momentum"}
	averagedNames = []string{"ema", "model_ema", "ema_model", "state_dict_ema", "ema_state_dict", "ema_params", "averaged"}
	learners      = []string{"online_encoder", "online_network"}
	networkNames  = []string{"state_dict", "model", "model_state", "model_state_dict", "net", "network", "params", "weights"}
)

// networkRank orders the networks of one file: the lowest is taken, equals are asked for.
func networkRank(prefix string) int {
	has := func(words []string) bool {
		return slices.ContainsFunc(strings.Split(prefix, "."), func(part string) bool { return slices.Contains(words, part) })
	}
	switch {
	case has(followers):
		return 4
	case has(averagedNames):
		return 0
	case has(learners): // BYOL saves what it learns once more as net
		return 1
	case prefix == "" || has(networkNames):
		return 2
	}
	return 3
}
