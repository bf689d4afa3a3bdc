"""The network of train_torch.py with Lightning. Usage: train_lightning.py [OUT.h5]"""

import sys
from pathlib import Path

import lightning
import torch

import simdprep as sp
from simdprep.loader import lightning_data

path = sys.argv[1] if len(sys.argv) > 1 else "muons.h5"
sp.convert(Path(__file__).with_name("toy_nano.root"), path, overwrite=True)


class Trigger(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.each = torch.nn.Sequential(torch.nn.Linear(3, 32), torch.nn.ReLU())
        self.head = torch.nn.Linear(32, 1)

    def training_step(self, batch, number):
        features = self.each(batch["Muon"].abs().log1p()) * batch.valid["Muon"].unsqueeze(-1)
        score = self.head(features.sum(dim=1)).squeeze(-1)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(score, batch.labels.float())
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def on_train_epoch_end(self):
        print(f"epoch {self.current_epoch}: loss {self.trainer.callback_metrics['loss']:.4f}")

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-2)


options = {"inputs": {"Muon": ["pt", "eta", "pfRelIso04_all"]}, "labels": "events.HLT_IsoMu24", "batch_size": 100}
data = lightning_data(lambda: sp.Loader(sp.open(path), **options, to="torch"))
trainer = lightning.Trainer(max_epochs=5, logger=False, enable_checkpointing=False, enable_progress_bar=False)
trainer.fit(Trigger(), data)
