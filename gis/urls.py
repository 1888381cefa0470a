"""Addresses of the map, of parks' readiness, and of boundaries coming in."""

from django.urls import include, path

from gis.views import exports, map

urlpatterns = [
    path("", include("gis.park_urls")),
    path("", include("gis.point_urls")),
    path("map/", map.map_page, name="map"),
    path("map/points/", map.map_points, name="map-points"),
    path("map/shapes/", map.map_shapes, name="map-shapes"),
    path("map/rows/", map.map_rows, name="map-rows"),
    path("map/projects/<int:pk>/", map.map_project, name="map-project"),
    path("map/parks/<int:pk>/", map.map_park, name="map-park"),
    path("map/export/<slug:kind>/", exports.map_export, name="map-export"),
    path("map/tiles/<int:z>/<int:x>/<int:y>/", map.map_tile, name="map-tile"),
]
