"""The page of a report; every value is escaped by Jinja."""

HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
:root { --ink: #1c1c1e; --paper: #fdfdfc; --soft: #62626a; --line: #dcdce0; --note: #fff4d6;
  --edge: #e69f00; --shade: 0, 114, 178; --mark: #d55e00; color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8ea; --paper: #17181b; --soft: #a2a2ab; --line: #3a3b40; --note: #362c12;
    --shade: 86, 180, 233; --mark: #ff9a5c; } }
body { margin: 0 auto; padding: 2rem 1.2rem 4rem; max-width: 70rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.55 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { margin-top: 2.6rem; font-size: 1.25rem; }
h3 { font-size: 1.02rem; margin-bottom: .3rem; }
p, li { max-width: 46rem; } .soft, figcaption, caption { color: var(--soft); font-size: .88rem; }
.note { background: var(--note); border-left: 4px solid var(--edge); padding: .7rem 1rem; }
.wide { overflow-x: auto; margin: 1.4rem 0; } figure { margin: 1.2rem 0; }
figure img { max-width: 100%; background: #fff; border-radius: 4px; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .5rem; max-width: 46rem; }
th, td { padding: .28rem .55rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
thead th { border-bottom: 2px solid var(--soft); white-space: normal; vertical-align: bottom; }
.text { text-align: left; }
.layer { line-height: 2; padding-left: 4.6rem; text-indent: -4.6rem; }
.layer b { display: inline-block; width: 4.6rem; text-indent: 0; font-weight: normal;
  color: var(--soft); font-size: .85rem; }
.token { padding: .1rem .22rem; margin-right: .1rem; border-radius: 3px;
  background: rgba(var(--shade), var(--a)); }
.gone { color: var(--soft); text-decoration: line-through; opacity: .45; }
.marked { border-bottom: 3px solid var(--mark); }
pre { overflow-x: auto; padding: .8rem 1rem; border: 1px solid var(--line); font-size: .84rem; }
</style>
</head>
<body>
{%- macro show(table) %}
<div class="wide">{{ table.html() }}</div>
{%- endmacro %}
{%- macro picture(name) %}{% if name in figures %}
<figure><img alt="{{ figures[name].caption }}" src="data:image/png;base64,{{ figures[name].base64 }}">
<figcaption>{{ figures[name].caption }}</figcaption></figure>
{%- endif %}{% endmacro %}
{%- macro lacking(what) %}<p class="soft">Missing: {{ what }}</p>{% endmacro %}

<h1>{{ title }}</h1>
<p class="soft">{{ subtitle }}</p>
"""
"""Title, style, and the macros for tables, figures and gaps that every page shares."""

SETTINGS = """
<h2>Settings</h2>
{% if config %}<pre>{{ config }}</pre>{% else %}{{ lacking("config.yaml.") }}{% endif %}
<h2>Environment</h2>
{% if environment %}<pre>{{ environment }}</pre>{% else %}{{ lacking("environment.json.") }}{% endif %}
</body>
</html>
"""

PAGE = (
    HEAD
    + """{% for note in notes %}<p class="note">{{ note }}</p>
{% endfor %}

<h2>Summary</h2>
{% if sentences %}<ul>{% for sentence in sentences %}<li>{{ sentence }}</li>{% endfor %}</ul>
{% else %}{{ lacking(no_summary) }}{% endif %}

{% for section in sections %}
<h2>{{ section.title }}</h2>
{% if section.text %}<p>{{ section.text }}</p>{% endif %}
{% for name in section.names %}
{% if name in figures %}{{ picture(name) }}
{% elif name in tables and name in section.folded %}
<details><summary>{{ folded[name] }}</summary>{{ show(tables[name]) }}</details>
{% elif name in tables %}{{ show(tables[name]) }}
{% elif name in absent %}{{ lacking(absent[name]) }}
{% endif %}
{% endfor %}
{% endfor %}

<h2>Examples</h2>
{% if examples %}
<p>{{ example_rule }} Darker means a higher score within the layer,
<span class="gone">struck out</span> means dropped before the layer runs, and
<span class="marked">underlined</span> means rationale.</p>
{% for example in examples %}
<h3>{{ example.text_id }}</h3>
<p class="soft">label {{ example.label }}
{%- for method, predicted in example.predicted %}; {{ method }}: {{ predicted }}{% endfor %}</p>
{% for view in example.views %}
<p class="soft">{{ view.title }}</p>
{% for layer in view.layers %}
<div class="layer"><b>layer {{ loop.index0 }}</b>{% for token in layer %}
{%- if token.second %}<i class="soft">second text:</i> {% endif %}<span
 class="{{ 'gone' if token.gone else 'token' }}{{ ' marked' if token.marked }}"
{%- if not token.gone %} style="--a: {{ token.shade }}"{% endif %}>{{ token.text }}</span> {% endfor %}
</div>
{% endfor %}{% endfor %}{% endfor %}
{{ picture("examples") }}
{% else %}{{ lacking("a text of fitting length with scores of a model that drops tokens.") }}{% endif %}

<h2>What was left out</h2>
{% if skipped %}<ul>{% for line in skipped %}<li>{{ line }}</li>{% endfor %}</ul>
{% else %}<p>Nothing that the run recorded.</p>{% endif %}

<h2>Data</h2>
{% for name in ("data", "counts") %}{% if name in tables %}{{ show(tables[name]) }}{% endif %}
{% endfor %}
"""
    + SETTINGS
)

COMPARISON_PAGE = (
    HEAD
    + """
<h2>Summary</h2>
<ul>{% for sentence in sentences %}<li>{{ sentence }}</li>{% endfor %}</ul>
{% if problems %}<p class="note">{% for line in problems %}{{ line }}<br>{% endfor %}</p>{% endif %}

<h2>Quality and speed</h2>
{{ show(tables.comparison) }}
{{ picture("tradeoff") }}
{% if "areas" in tables %}{{ show(tables.areas) }}{% endif %}

<h2>Tokens left per layer</h2>
{{ picture("tokens") }}

<h2>Pairs of methods on the same texts</h2>
{% if "pairs" in tables %}{{ show(tables.pairs) }}{% else %}{{ lacking("two methods with a seed.") }}
{%- endif %}

<h2>What was run</h2>
{% if "searches" in tables %}{{ show(tables.searches) }}{% endif %}
{{ show(tables.cells) }}
"""
    + SETTINGS
)
