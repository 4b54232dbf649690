"""The families of encoders whose layers can drop tokens."""

BACKBONES = {
    "bert": "workbench.models.backbones.bert:Bert",
    "electra": "workbench.models.backbones.bert:Electra",
    "roberta": "workbench.models.backbones.bert:Roberta",
    "xlm-roberta": "workbench.models.backbones.bert:XlmRoberta",
    "camembert": "workbench.models.backbones.bert:Camembert",
    "distilbert": "workbench.models.backbones.distilbert:DistilBert",
    "albert": "workbench.models.backbones.albert:Albert",
    "mpnet": "workbench.models.backbones.mpnet:MPNet",
    "deberta-v2": "workbench.models.backbones.deberta:DebertaV2",
    "modernbert": "workbench.models.backbones.modernbert:ModernBert",
}
"""By the `model_type` of their config.json: the class that describes them."""
