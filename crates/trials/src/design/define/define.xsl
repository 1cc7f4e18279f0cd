<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
  xmlns:odm="http://www.cdisc.org/ns/odm/v1.3" xmlns:def="http://www.cdisc.org/ns/def/v2.1"
  xmlns:xlink="http://www.w3.org/1999/xlink" exclude-result-prefixes="odm def xlink">
  <xsl:output method="html" encoding="UTF-8" indent="yes"/>
  <xsl:key name="item" match="odm:ItemDef" use="@OID"/>
  <xsl:key name="list" match="odm:CodeList" use="@OID"/>
  <xsl:key name="method" match="odm:MethodDef" use="@OID"/>
  <xsl:key name="comment" match="def:CommentDef" use="@OID"/>
  <xsl:key name="values" match="def:ValueListDef" use="@OID"/>
  <xsl:key name="where" match="def:WhereClauseDef" use="@OID"/>

  <xsl:template match="/odm:ODM">
    <xsl:variable name="version" select="odm:Study/odm:MetaDataVersion"/>
    <html lang="en">
      <head>
        <title><xsl:value-of select="odm:Study/odm:GlobalVariables/odm:StudyName"/>: data definitions</title>
        <style>
          body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 84rem; padding: 0 1rem; color: #1c2430 }
          table { border-collapse: collapse; width: 100%; margin-bottom: 2rem }
          th, td { border: 1px solid #d5dae2; padding: .25rem .5rem; text-align: left; vertical-align: top }
          th { background: #f2f5f9 }
          .small { color: #5b6779; font-size: 13px }
        </style>
      </head>
      <body>
        <h1><xsl:value-of select="odm:Study/odm:GlobalVariables/odm:StudyName"/></h1>
        <p><xsl:value-of select="odm:Study/odm:GlobalVariables/odm:StudyDescription"/></p>
        <p class="small"><xsl:value-of select="$version/@Description"/></p>
        <h2>Standards</h2>
        <ul>
          <xsl:for-each select="$version/def:Standards/def:Standard">
            <li><xsl:value-of select="concat(@Name, ' ', @PublishingSet, ' ', @Version)"/></li>
          </xsl:for-each>
        </ul>
        <h2>Datasets</h2>
        <table>
          <tr><th>Dataset</th><th>Description</th><th>Class</th><th>Structure</th><th>Keys</th><th>File</th></tr>
          <xsl:apply-templates select="$version/odm:ItemGroupDef" mode="row"/>
        </table>
        <xsl:apply-templates select="$version/odm:ItemGroupDef" mode="whole"/>
        <h2>Code lists</h2>
        <xsl:apply-templates select="$version/odm:CodeList"/>
      </body>
    </html>
  </xsl:template>

  <xsl:template match="odm:ItemGroupDef" mode="row">
    <tr>
      <td><a href="#{@OID}"><xsl:value-of select="@Name"/></a></td>
      <td><xsl:value-of select="odm:Description/odm:TranslatedText"/></td>
      <td><xsl:value-of select="def:Class/@Name"/></td>
      <td><xsl:value-of select="@def:Structure"/></td>
      <td>
        <xsl:for-each select="odm:ItemRef[@KeySequence]">
          <xsl:sort select="@KeySequence" data-type="number"/>
          <xsl:value-of select="key('item', @ItemOID)/@Name"/><xsl:text> </xsl:text>
        </xsl:for-each>
      </td>
      <td>
        <xsl:choose>
          <xsl:when test="def:leaf"><a href="{def:leaf/@xlink:href}"><xsl:value-of select="def:leaf/def:title"/></a></xsl:when>
          <xsl:otherwise>
            <span class="small">No data. <xsl:value-of select="key('comment', @def:CommentOID)/odm:Description/odm:TranslatedText"/></span>
          </xsl:otherwise>
        </xsl:choose>
      </td>
    </tr>
  </xsl:template>

  <xsl:template match="odm:ItemGroupDef" mode="whole">
    <h2 id="{@OID}"><xsl:value-of select="concat(@Name, ': ', odm:Description/odm:TranslatedText)"/></h2>
    <table>
      <tr><th>Variable</th><th>Label</th><th>Type</th><th>Length</th><th>Role</th><th>Codes</th><th>Origin and method</th></tr>
      <xsl:for-each select="odm:ItemRef">
        <xsl:variable name="item" select="key('item', @ItemOID)"/>
        <tr>
          <td><xsl:value-of select="$item/@Name"/></td>
          <td><xsl:value-of select="$item/odm:Description/odm:TranslatedText"/></td>
          <td><xsl:value-of select="$item/@DataType"/></td>
          <td><xsl:value-of select="$item/@Length"/></td>
          <td><xsl:value-of select="@Role"/></td>
          <td>
            <xsl:for-each select="$item/odm:CodeListRef">
              <a href="#{@CodeListOID}"><xsl:value-of select="key('list', @CodeListOID)/@Name"/></a>
            </xsl:for-each>
          </td>
          <td>
            <xsl:apply-templates select="$item/def:Origin"/>
            <xsl:text> </xsl:text>
            <xsl:value-of select="key('method', @MethodOID)/odm:Description/odm:TranslatedText"/>
          </td>
        </tr>
        <xsl:for-each select="key('values', $item/def:ValueListRef/@ValueListOID)/odm:ItemRef">
          <xsl:variable name="value" select="key('item', @ItemOID)"/>
          <tr class="small">
            <td/>
            <td>
              <xsl:text>where the test is </xsl:text>
              <xsl:value-of select="key('where', def:WhereClauseRef/@WhereClauseOID)/odm:RangeCheck/odm:CheckValue"/>
            </td>
            <td><xsl:value-of select="$value/@DataType"/></td>
            <td><xsl:value-of select="$value/@Length"/></td>
            <td/>
            <td/>
            <td><xsl:apply-templates select="$value/def:Origin"/></td>
          </tr>
        </xsl:for-each>
      </xsl:for-each>
    </table>
  </xsl:template>

  <xsl:template match="def:Origin">
    <xsl:value-of select="@Type"/>
    <xsl:for-each select="def:DocumentRef/def:PDFPageRef">
      <xsl:text>, page </xsl:text>
      <a href="acrf.pdf"><xsl:value-of select="@PageRefs"/></a>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="odm:CodeList">
    <h3 id="{@OID}">
      <xsl:value-of select="@Name"/>
      <span class="small"><xsl:text> </xsl:text><xsl:value-of select="odm:Alias/@Name"/></span>
    </h3>
    <table>
      <xsl:for-each select="odm:CodeListItem">
        <tr>
          <td><xsl:value-of select="@CodedValue"/></td>
          <td><xsl:value-of select="odm:Decode/odm:TranslatedText"/></td>
          <td class="small"><xsl:value-of select="odm:Alias/@Name"/></td>
        </tr>
      </xsl:for-each>
    </table>
  </xsl:template>
</xsl:stylesheet>
