"""The ASGI application, `collab.asgi:application`: pages over HTTP, documents over WebSocket."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab.settings")
pages = get_asgi_application()

# These import models, which need the line above.
from channels.routing import ProtocolTypeRouter  # noqa: E402

from editor.routing import Lifespan, make_hub, websocket_application  # noqa: E402

hub = make_hub()
application = ProtocolTypeRouter(
    {"http": pages, "websocket": websocket_application(hub), "lifespan": Lifespan(hub)}
)
