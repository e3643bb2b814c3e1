"""Keys as other programs have them. What is not named keeps the keys of its own, which are near to vim's anyway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

VIM: Final = {
    "app.zoom": "Z",
    "tree.fold": "z,space",
    "log.down": "j,ctrl+e,down",
    "log.up": "k,ctrl+y,up",
    "log.fold": "z,enter",
    "log.fold-all": "M,minus",
    "themes.leave": "escape,q,colon",
}

EMACS: Final = {
    "app.palette": "alt+x",
    "app.find": "ctrl+s,slash",
    "app.back": "ctrl+g,escape",
    "build.copy": "alt+w,y",
    "tree.down": "ctrl+n,down",
    "tree.up": "ctrl+p,up",
    "tree.into": "ctrl+f,right",
    "tree.out": "ctrl+b,left",
    "tree.first": "alt+less_than_sign,home",
    "tree.last": "alt+greater_than_sign,end",
    "tree.page-down": "ctrl+v,pagedown",
    "tree.page-up": "alt+v,pageup",
    "log.down": "ctrl+n,down",
    "log.up": "ctrl+p,up",
    "log.left": "ctrl+b,left",
    "log.right": "ctrl+f,right",
    "log.top": "alt+less_than_sign,home",
    "log.follow": "alt+greater_than_sign,end,f",
    "log.page-down": "ctrl+v,pagedown,space",
    "log.page-up": "alt+v,pageup",
    "compare.down": "ctrl+n,down",
    "compare.up": "ctrl+p,up",
    "compare.first": "alt+less_than_sign,home",
    "compare.last": "alt+greater_than_sign,end",
    "compare.page-down": "ctrl+v,pagedown,space",
    "compare.page-up": "alt+v,pageup",
    "compare.older": "ctrl+b,left",
    "compare.newer": "ctrl+f,right",
    "compare.copy": "alt+w,y",
    "compare.leave": "ctrl+g,escape,d",
    "builds.down": "ctrl+n,down",
    "builds.up": "ctrl+p,up",
    "builds.leave": "ctrl+g,escape",
    "confirm.leave": "ctrl+g,escape",
    "help.close": "ctrl+g,escape,q,question_mark,f1,enter",
    "views.down": "ctrl+n,down",
    "views.up": "ctrl+p,up",
    "views.first": "alt+less_than_sign,home",
    "views.last": "alt+greater_than_sign,end",
    "views.leave": "ctrl+g,escape",
    "themes.down": "ctrl+n,down",
    "themes.up": "ctrl+p,up",
    "themes.first": "alt+less_than_sign,home",
    "themes.last": "alt+greater_than_sign,end",
    "themes.leave": "ctrl+g,escape,q",
}

PRESETS: Final[Mapping[str, Mapping[str, str]]] = {"": {}, "vim": VIM, "emacs": EMACS}
